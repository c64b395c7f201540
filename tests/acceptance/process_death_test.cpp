// A worker's death under OnWorkerDeath::break_pool.

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::ProcessPoolExecutor;
using test_support::End;
using test_support::failure_of;
using test_support::SharedGate;
using test_support::SharedLog;

int square(int n) { return n * n; }

// Behaviour 67.
TEST(WorkerDeath, KilledWorkerBreaksThePool) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate never;
  auto running = pool.submit({.name = "the running one"}, [started, never] {
    started.open();
    never.wait();
  });
  auto pending = pool.submit(square, 3);
  started.wait();
  const pid_t victim = pool.worker_pids().at(0);
  ASSERT_EQ(::kill(victim, SIGTERM), 0);

  const auto error = failure_of<BrokenProcessPool>(running);
  EXPECT_EQ(error.worker_pid(), victim);
  EXPECT_EQ(error.term_signal(), SIGTERM);
  EXPECT_FALSE(error.exit_code().has_value());
  EXPECT_EQ(error.task_name(), "the running one");
  failure_of<BrokenProcessPool>(pending);
  EXPECT_THROW(pool.submit(square, 2), BrokenProcessPool);
}

// Behaviour 67.
TEST(WorkerDeath, SubmitThrowsBrokenProcessPoolAlsoAfterShutdown) {
  ProcessPoolExecutor pool({.max_workers = 1});
  failure_of<BrokenProcessPool>(pool.submit(test_support::end_worker, End::killed));
  pool.shutdown();
  EXPECT_THROW(pool.submit(square, 2), BrokenProcessPool);
  EXPECT_THROW(static_cast<void>(pool.map(square, std::vector<int>{1, 2})), BrokenProcessPool);
}

// Behaviours 67 and 1c.3.
TEST(WorkerDeath, IdleWorkersDeathBreaksThePoolToo) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const SharedLog busy;
  const SharedGate never;
  auto running = pool.submit([busy, never] {
    busy.add(::getpid());
    never.wait();
  });
  busy.wait_for_size(1);
  auto workers = pool.worker_pids();
  std::erase(workers, static_cast<pid_t>(busy.values().at(0)));
  ASSERT_EQ(workers.size(), 1U);
  ASSERT_EQ(::kill(workers.at(0), SIGKILL), 0);
  const auto error = failure_of<BrokenProcessPool>(running);
  EXPECT_EQ(error.worker_pid(), workers.at(0));
  EXPECT_EQ(error.term_signal(), SIGKILL);
}

// Behaviour 1c.3.
TEST(WorkerDeath, OtherWorkersAreStoppedAndTheirFuturesFail) {
  std::vector<pid_t> workers;
  {
    ProcessPoolExecutor pool({.max_workers = 3});
    workers = pool.worker_pids();
    const SharedLog started;
    const SharedGate never;
    std::vector<muster::Future<void>> running;
    for (int i = 0; i < 3; ++i) {
      running.push_back(pool.submit([started, never] {
        started.add(::getpid());
        never.wait();
      }));
    }
    started.wait_for_size(3);
    ASSERT_EQ(::kill(workers.at(1), SIGKILL), 0);
    for (const auto& future : running) {
      EXPECT_EQ(failure_of<BrokenProcessPool>(future).worker_pid(), workers.at(1));
    }
  }
  for (pid_t pid : workers) EXPECT_TRUE(test_support::is_gone(pid)) << pid;
}

// Behaviour 1c.3.
TEST(WorkerDeath, ResultsAlreadyThereAreKept) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto looked_at = pool.submit(square, 5);
  EXPECT_EQ(looked_at.result(), 25);
  auto not_yet_looked_at = pool.submit(square, 6);
  auto last = pool.submit(test_support::end_worker, End::killed);
  failure_of<BrokenProcessPool>(last);
  EXPECT_EQ(looked_at.result(), 25);
  EXPECT_EQ(not_yet_looked_at.result(), 36);
}

// Behaviour 68.
TEST(WorkerDeath, EachFutureHasItsOwnExceptionObject) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto first = pool.submit([gate] {
    gate.wait();
    test_support::end_worker(End::killed);
  });
  auto second = pool.submit(square, 1);
  auto third = pool.submit(square, 2);
  gate.open();
  EXPECT_NE(first.exception(), nullptr);
  EXPECT_NE(first.exception(), second.exception());
  EXPECT_NE(second.exception(), third.exception());
}

// Behaviour 71.
TEST(WorkerDeath, MessageTellsThePidAndTheExitCode) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  auto future = pool.submit({.name = "quitter"}, [] { ::_exit(99); });
  const auto error = failure_of<BrokenProcessPool>(future);
  EXPECT_EQ(error.worker_pid(), worker);
  EXPECT_EQ(error.exit_code(), 99);
  EXPECT_FALSE(error.term_signal().has_value());
  const std::string message = error.what();
  EXPECT_NE(message.find(std::to_string(worker)), std::string::npos) << message;
  EXPECT_NE(message.find("exit code 99"), std::string::npos) << message;
  EXPECT_NE(message.find("quitter"), std::string::npos) << message;
}

class EveryEnd : public testing::TestWithParam<End> {};

INSTANTIATE_TEST_SUITE_P(WorkerDeath, EveryEnd, testing::ValuesIn(test_support::kAllEnds),
                         testing::PrintToStringParamName());

// Behaviours 96, 97 and 1c.5; an exit with status 0 is a death like any other.
TEST_P(EveryEnd, ErrorTellsWhatIsKnown) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  auto future = pool.submit({.name = "deadly"}, test_support::end_worker, GetParam());
  const auto error = failure_of<BrokenProcessPool>(future);
  const std::string message = error.what();
  EXPECT_EQ(error.worker_pid(), worker);
  EXPECT_EQ(error.death().worker_index, 0);
  EXPECT_EQ(error.task_name(), "deadly");
  EXPECT_NE(message.find("deadly"), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(worker)), std::string::npos) << message;
  if (const int signal = test_support::signal_of(GetParam()); signal != 0) {
    EXPECT_EQ(error.term_signal(), signal);
    EXPECT_FALSE(error.exit_code().has_value());
    const std::string name = std::string("SIG") + ::sigabbrev_np(signal);
    EXPECT_NE(message.find(name), std::string::npos) << message;
  } else {
    const int code = GetParam() == End::exits_zero ? 0 : 1;
    EXPECT_EQ(error.exit_code(), code);
    EXPECT_FALSE(error.term_signal().has_value());
    EXPECT_NE(message.find("exit code " + std::to_string(code)), std::string::npos) << message;
  }
  EXPECT_GT(error.max_rss_bytes(), 0);
  EXPECT_EQ(error.core_dumped(), message.find("core dumped") != std::string::npos) << message;
}

// Behaviour 1c.5. Each worker begins with the pages that its parents had written to.
TEST(WorkerDeath, ErrorTellsTheMemoryThatTheWorkerHeld) {
  constexpr std::size_t kHeld = std::size_t{64} << 20;
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    const std::vector<char> held(kHeld, 'x');
    ::kill(::getpid(), held.back() == 'x' ? SIGKILL : SIGTERM);
  });
  const auto error = failure_of<BrokenProcessPool>(future);
  EXPECT_GT(error.max_rss_bytes(), kHeld);
  EXPECT_LT(error.max_rss_bytes(), 16 * kHeld);
  EXPECT_FALSE(error.core_dumped());
}

// Behaviour 1c.6: no worker dies unseen, however early.
TEST(WorkerDeath, FirstTasksDeathIsNeverMissed) {
  for (int round = 0; round < 20; ++round) {
    ProcessPoolExecutor pool({.max_workers = 2});
    auto future = pool.submit(test_support::end_worker, End::exits_one);
    EXPECT_EQ(failure_of<BrokenProcessPool>(future).exit_code(), 1);
  }
}

// Behaviour 1c.6.
TEST(WorkerDeath, DeathInTheInitializerIsNeverMissed) {
  for (int round = 0; round < 20; ++round) {
    ProcessPoolExecutor pool({.max_workers = 2, .initializer = [] { ::_exit(7); }});
    const auto error = test_support::error_of_task(pool, [] { return 1; });
    EXPECT_EQ(test_support::as<BrokenProcessPool>(error).exit_code(), 7);
  }
}

// Behaviour 153 (defunct_processes_kill_map): whoever waits for a map learns of it.
TEST(WorkerDeath, MapEndsWithBrokenProcessPool) {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto results = pool.map(
      {.chunksize = 1},
      [](int n) {
        if (n == 5) test_support::end_worker(End::killed);
        return n;
      },
      std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  int broken = 0;
  int index = 0;
  for (const auto& outcome : results.outcomes()) {
    if (outcome.has_value()) {
      EXPECT_EQ(outcome.value(), index);
    } else {
      test_support::as<BrokenProcessPool>(outcome.exception());
      ++broken;
    }
    ++index;
  }
  EXPECT_EQ(index, 8);
  EXPECT_GE(broken, 1);
}

}  // namespace
