// A worker's death under OnWorkerDeath::replace.

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"
#include "support/writable_memory.hpp"

namespace {

using namespace std::chrono_literals;
using muster::Future;
using muster::ProcessPoolExecutor;
using muster::WorkerDiedError;
using test_support::End;
using test_support::failure_of;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;

muster::ProcessPoolOptions replacing(std::size_t workers) {
  return {.max_workers = workers,
          .on_worker_death = muster::OnWorkerDeath::replace,
          .restart_intensity = {.deaths = 0}};
}

// The workers of a pool, each seen from inside: `count` tasks that run at the same time.
std::vector<std::int64_t> meet(ProcessPoolExecutor& pool, int count) {
  const SharedLog pids;
  std::vector<Future<void>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(pool.submit([pids, count] {
      pids.add(::getpid());
      pids.wait_for_size(static_cast<std::size_t>(count));
    }));
  }
  for (auto& future : all) future.result();
  return pids.distinct();
}

class EveryEndReplaced : public testing::TestWithParam<End> {};

INSTANTIATE_TEST_SUITE_P(WorkerDeath, EveryEndReplaced, testing::ValuesIn(test_support::kAllEnds),
                         testing::PrintToStringParamName());

// Behaviours 1c.3, 1c.5 and 148.
TEST_P(EveryEndReplaced, OnlyTheRunningTaskFailsAndTellsWhatIsKnown) {
  ProcessPoolExecutor pool(replacing(1));
  const pid_t worker = pool.worker_pids().at(0);
  auto before = pool.submit([] { return 1; });
  auto deadly = pool.submit({.name = "deadly"}, test_support::end_worker, GetParam());
  auto after = pool.submit([] { return ::getpid(); });

  const auto error = failure_of<WorkerDiedError>(deadly);
  EXPECT_EQ(error.worker_pid(), worker);
  EXPECT_EQ(error.task_name(), "deadly");
  EXPECT_EQ(error.death().worker_index, 0);
  if (const int signal = test_support::signal_of(GetParam()); signal != 0) {
    EXPECT_EQ(error.term_signal(), signal);
    EXPECT_FALSE(error.exit_code().has_value());
  } else {
    EXPECT_EQ(error.exit_code(), GetParam() == End::exits_zero ? 0 : 1);
    EXPECT_FALSE(error.term_signal().has_value());
  }
  EXPECT_EQ(before.result(), 1);
  EXPECT_NE(after.result(), worker);
  EXPECT_FALSE(test_support::is_running(worker));
}

// Behaviour 1c.3.
TEST(Replace, TasksOnOtherWorkersGoOn) {
  ProcessPoolExecutor pool(replacing(2));
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedLog running;
  auto other = pool.submit([gate, running] {
    running.add(::getpid());
    gate.wait();
    return ::getpid();
  });
  running.wait_for_size(1);
  for (int i = 0; i < 5; ++i) {
    failure_of<WorkerDiedError>(pool.submit(test_support::end_worker, End::killed));
  }
  EXPECT_FALSE(other.done());
  gate.open();
  EXPECT_EQ(other.result(), running.values().at(0));
}

// Behaviour 1c.3.
TEST(Replace, PoolHasAsManyWorkersAsBefore) {
  ProcessPoolExecutor pool(replacing(3));
  const std::vector<pid_t> first = pool.worker_pids();
  failure_of<WorkerDiedError>(pool.submit(test_support::end_worker, End::segfault));
  const auto now = meet(pool, 3);
  EXPECT_EQ(now.size(), 3U);
  const auto kept = std::count_if(now.begin(), now.end(), [&](std::int64_t pid) {
    return std::find(first.begin(), first.end(), pid) != first.end();
  });
  EXPECT_EQ(kept, 2);
  EXPECT_EQ(pool.worker_pids().size(), 3U);
}

// Behaviour 1c.3: the death of a worker that runs nothing costs no future.
TEST(Replace, IdleWorkersDeathFailsNoTask) {
  ProcessPoolExecutor pool(replacing(2));
  meet(pool, 2);
  const auto first = pool.worker_pids();
  for (pid_t pid : first) ASSERT_EQ(::kill(pid, SIGKILL), 0);
  for (pid_t pid : first) test_support::wait_for_end(pid);
  for (std::int64_t pid : meet(pool, 2)) {
    EXPECT_EQ(std::count(first.begin(), first.end(), pid), 0);
  }
}

// Behaviour 1c.3: what was claimed but not begun is handed on, and runs once.
TEST(Replace, ClaimedTasksAreHandedToAnotherWorker) {
  constexpr int kTasks = 4000;
  ProcessPoolExecutor pool(replacing(1));
  const SharedLog ran(kTasks);
  std::vector<Future<void>> tiny;
  std::vector<Future<void>> deadly;
  for (int i = 0; i < kTasks; ++i) {
    tiny.push_back(pool.submit([ran, i] { ran.add(i); }));
    if (i % 1000 == 999) deadly.push_back(pool.submit(test_support::end_worker, End::killed));
  }
  for (auto& future : tiny) EXPECT_NO_THROW(future.result());
  for (auto& future : deadly) failure_of<WorkerDiedError>(future);
  EXPECT_EQ(ran.size(), static_cast<std::size_t>(kTasks));
  EXPECT_EQ(ran.distinct().size(), static_cast<std::size_t>(kTasks));
}

// A worker takes several tasks at once while they are tiny. One of those dies, of which the worker
// counts, before that, what it has claimed behind it.
struct DeathAmongTinyTasks {
  std::int64_t claimed = 0;
  std::string what;
};

DeathAmongTinyTasks die_behind(int tasks, const muster::ProcessPoolOptions& options) {
  DeathAmongTinyTasks death;
  ProcessPoolExecutor pool(options);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedLog claimed;
  const auto tiny = [](int n) { return n; };
  auto first = pool.submit([gate] { gate.wait(); });
  for (int i = 0; i < tasks; ++i) pool.submit(tiny, i);
  auto deadly = pool.submit([claimed] {
    const auto control = test_support::WritableMemory::of_this_worker().control;
    claimed.add(control.reservations()[0].left());
    ::kill(::getpid(), SIGKILL);
  });
  std::vector<Future<int>> behind;
  for (int i = 0; i < 100; ++i) behind.push_back(pool.submit(tiny, i));
  gate.open();
  death.what = test_support::describe(deadly.exception());
  death.claimed = claimed.values().at(0);
  if (options.on_worker_death == muster::OnWorkerDeath::replace) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(behind[static_cast<std::size_t>(i)].result(), i);
  }
  return death;
}

class ClaimedTasks : public testing::TestWithParam<muster::OnWorkerDeath> {};

INSTANTIATE_TEST_SUITE_P(Replace, ClaimedTasks,
                         testing::Values(muster::OnWorkerDeath::break_pool,
                                         muster::OnWorkerDeath::replace),
                         [](const auto& suite) {
                           return suite.param == muster::OnWorkerDeath::replace ? "Replace"
                                                                                : "BreakPool";
                         });

// Behaviours 1c.3 and 1c.5.
TEST_P(ClaimedTasks, AreCountedInTheErrorOfTheOneThatDied) {
  muster::ProcessPoolOptions options = replacing(1);
  options.on_worker_death = GetParam();
  const std::string fate =
      GetParam() == muster::OnWorkerDeath::replace ? "went back to the queue" : "had not begun";
  DeathAmongTinyTasks death;
  // Now and then it is the last that was claimed, or other processes make tasks seem long.
  for (int tasks = 200; death.claimed == 0; ++tasks) {
    ASSERT_LT(tasks, 400) << "no worker ever claims more than one tiny task";
    death = die_behind(tasks, options);
    const std::string told = "; " + std::to_string(death.claimed) +
                             (death.claimed == 1 ? " task" : " tasks") + " it had claimed " + fate;
    EXPECT_EQ(death.what.find(told) != std::string::npos, death.claimed != 0) << death.what;
    EXPECT_EQ(death.what.find("it had claimed") != std::string::npos, death.claimed != 0)
        << death.what;
  }
}

// Behaviour 1c.3: of a chunk, only the item that ran fails.
TEST(Replace, OnlyTheItemThatRanFailsInAChunk) {
  ProcessPoolExecutor pool(replacing(2));
  std::vector<int> items(30);
  std::iota(items.begin(), items.end(), 0);
  const SharedLog ran;
  auto results = pool.map(
      {.chunksize = 10},
      [ran](int n) {
        if (n == 3 || n == 13 || n == 19) test_support::end_worker(End::killed);
        ran.add(n);
        return n * 2;
      },
      items);
  int index = 0;
  for (const auto& outcome : results.outcomes()) {
    if (index == 3 || index == 13 || index == 19) {
      ASSERT_FALSE(outcome.has_value()) << index;
      EXPECT_EQ(test_support::as<WorkerDiedError>(outcome.exception()).term_signal(), SIGKILL);
    } else {
      ASSERT_TRUE(outcome.has_value()) << index << test_support::describe(outcome.exception());
      EXPECT_EQ(outcome.value(), index * 2);
    }
    ++index;
  }
  EXPECT_EQ(index, 30);
  EXPECT_EQ(ran.size(), 27U);  // none was run twice
}

// Behaviour 1c.6: however early a worker dies, it is seen.
TEST(Replace, ManyDeathsInARowAreAllSeen) {
  ProcessPoolExecutor pool(replacing(2));
  std::vector<Future<void>> all;
  for (int i = 0; i < 60; ++i) {
    all.push_back(pool.submit(test_support::end_worker, End::exits_zero));
  }
  for (auto& future : all) EXPECT_EQ(failure_of<WorkerDiedError>(future).exit_code(), 0);
  EXPECT_EQ(meet(pool, 2).size(), 2U);
}

// The default is ten, here in an hour, so that none is ever too long ago.
TEST(RestartIntensity, OneDeathMoreThanItAllowsBreaksThePoolAndSaysWhy) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.within = 1h}});
  for (int i = 0; i < 10; ++i) {
    failure_of<WorkerDiedError>(pool.submit(test_support::end_worker, End::exits_one));
  }
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1) << "ten deaths are allowed";
  const auto error = failure_of<muster::BrokenProcessPool>(
      pool.submit({.name = "the last"}, test_support::end_worker, End::exits_one));
  const std::string message = error.what();
  EXPECT_NE(message.find("was given up because 11 workers died within 3600 s; the last: worker 0"),
            std::string::npos)
      << message;
  EXPECT_EQ(error.task_name(), "the last");
  EXPECT_EQ(error.exit_code(), 1);
  EXPECT_THROW(pool.submit([] { return 1; }), muster::BrokenProcessPool);
}

// The pool's own doing does not count.
TEST(RestartIntensity, DoesNotCountWorkersThatAreKilledForTheirTask) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 1, .within = 1h}});
  const SharedGate never;
  for (int i = 0; i < 3; ++i) {
    auto overdue = pool.submit({.task_timeout = 10ms}, [never] { never.wait(); });
    failure_of<muster::TaskTimeoutError>(overdue);
  }
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

// What a task has started and left behind dies with its worker.
TEST(Replace, ADeadWorkersChildrenAreKilled) {
  ProcessPoolExecutor pool(replacing(1));
  const SharedLog child;
  failure_of<WorkerDiedError>(pool.submit([child] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) ::pause();
    }
    child.add(pid);
    ::_exit(3);
  }));
  test_support::wait_for_end(static_cast<pid_t>(child.values().at(0)));
}

// From the supervisor's so many-th fork on, what it forks dies at once.
struct StillbornWorkers {
  pid_t client = 0;  // 0: there is none
  int first = 0;
  int forks = 0;  // the supervisor's; what it forks has a copy
};

StillbornWorkers stillborn;

void count_fork() {
  if (::getpid() != stillborn.client) ++stillborn.forks;
}

void die_at_birth() {
  if (stillborn.client != 0 && stillborn.forks >= stillborn.first) ::kill(::getpid(), SIGKILL);
}

TEST(Replace, SuccessorThatDiesAtBirthHadReservedNothing) {
  MUSTER_NEEDS_FORK("a supervisor with the test's handlers of fork");
  ASSERT_EQ(::pthread_atfork(count_fork, nullptr, die_at_birth), 0);
  stillborn = {.client = ::getpid(), .first = 2};
  {
    ProcessPoolExecutor pool({.max_workers = 1,
                              .on_worker_death = muster::OnWorkerDeath::replace,
                              .restart_intensity = {.deaths = 1}});
    stillborn.client = 0;
    // The first waits until all are there; of the others, tiny ones, many are reserved at once.
    const SharedGate gate;
    std::vector<muster::Future<void>> all;
    all.push_back(pool.submit([gate] { gate.wait(); }));
    for (int i = 0; i < 2000; ++i) {
      all.push_back(pool.submit([i] {
        if (i == 1000) ::kill(::getpid(), SIGKILL);
      }));
    }
    gate.open();
    const std::string what = failure_of<muster::BrokenProcessPool>(all.back()).what();
    EXPECT_NE(what.find("while it started"), std::string::npos) << what;
    EXPECT_EQ(what.find("it had claimed"), std::string::npos) << what;
  }
}

// A crash leaves a note where the successor's will be: it is nobody's but the worker's that
// crashed.
TEST(Replace, AWorkerThatIsKilledAfterACrashIsToldOfByItsOwnSignal) {
  ProcessPoolExecutor pool(replacing(1));
  EXPECT_EQ(failure_of<WorkerDiedError>(pool.submit([] { std::raise(SIGSEGV); })).term_signal(),
            SIGSEGV);
  const auto second = failure_of<WorkerDiedError>(pool.submit([] { std::raise(SIGKILL); }));
  EXPECT_EQ(second.term_signal(), SIGKILL);
  EXPECT_TRUE(second.backtrace().empty());
}

}  // namespace
