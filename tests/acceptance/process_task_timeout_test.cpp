// TaskOptions::task_timeout.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::Future;
using muster::ProcessPoolExecutor;
using muster::TaskTimeoutError;
using test_support::failure_of;
using test_support::SharedCounter;
using test_support::SharedGate;

// Behaviour 145.
TEST(TaskTimeout, OverdueTaskFailsAndItsWorkerIsReplaced) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t first = pool.worker_pids().at(0);
  const SharedGate never;
  auto overdue = pool.submit({.name = "sleeper", .task_timeout = 50ms}, [never] { never.wait(); });
  auto next = pool.submit([] { return ::getpid(); });
  const std::string message = failure_of<TaskTimeoutError>(overdue).what();
  EXPECT_NE(message.find("sleeper"), std::string::npos) << message;
  EXPECT_NE(next.result(), first);
  EXPECT_FALSE(test_support::is_running(first));
}

TEST(TaskTimeout, IsSaidInUnitsInWhichItIsNotNothing) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate never;
  auto overdue = pool.submit({.task_timeout = 1ns}, [never] { never.wait(); });
  const std::string message = failure_of<TaskTimeoutError>(overdue).what();
  EXPECT_NE(message.find("its limit of 1 ns "), std::string::npos) << message;
}

// Behaviour 145: under the default policy too, since the death is the pool's own doing.
TEST(TaskTimeout, PoolIsNotBrokenByIt) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const SharedGate never;
  for (int i = 0; i < 3; ++i) {
    auto overdue = pool.submit({.task_timeout = 20ms}, [never] { never.wait(); });
    failure_of<TaskTimeoutError>(overdue);
    EXPECT_EQ(pool.submit([i] { return i; }).result(), i);
  }
}

// Behaviour 145.
TEST(TaskTimeout, CallbackIsCalled) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate never;
  const SharedGate called;
  auto overdue = pool.submit({.task_timeout = 50ms}, [never] { never.wait(); });
  overdue.add_done_callback([called](Future<void> future) {
    failure_of<TaskTimeoutError>(future);
    called.open();
  });
  called.wait();
}

// Behaviour 145.
TEST(TaskTimeout, OtherTasksAreUnaffected) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedGate never;
  const SharedGate started;
  auto other = pool.submit([started, gate] {
    started.open();
    gate.wait();
    return ::getpid();
  });
  started.wait();
  auto overdue = pool.submit({.task_timeout = 50ms}, [never] { never.wait(); });
  failure_of<TaskTimeoutError>(overdue);
  EXPECT_TRUE(other.running());
  gate.open();
  const auto pids = pool.worker_pids();
  EXPECT_EQ(std::count(pids.begin(), pids.end(), other.result()), 1);
}

// Behaviour 145: a task in time is left alone, and so is the one after it.
TEST(TaskTimeout, TaskInTimeKeepsItsWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(pool.submit({.task_timeout = 1h}, [] { return ::getpid(); }).result(), worker);
  }
}

// It is a limit of running, not of waiting.
TEST(TaskTimeout, WaitingInTheQueueDoesNotCount) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate never;
  auto overdue = pool.submit({.task_timeout = 700ms}, [never] { never.wait(); });
  auto queued = pool.submit({.task_timeout = 700ms}, [] { return 1; });
  // The one that hangs is the clock: when it has failed, the other waited as long as its limit.
  failure_of<TaskTimeoutError>(overdue);
  EXPECT_EQ(queued.result(), 1);
}

// A worker that will not go by itself, and how.
void ignore_sigterm() { std::signal(SIGTERM, SIG_IGN); }
void stop() { ::raise(SIGSTOP); }

class Stubborn : public testing::TestWithParam<void (*)()> {};

INSTANTIATE_TEST_SUITE_P(TaskTimeout, Stubborn, testing::Values(&ignore_sigterm, &stop),
                         [](const auto& suite) {
                           return suite.param == &stop ? "Stopped" : "IgnoringSigterm";
                         });

// Behaviour 147.
TEST_P(Stubborn, WorkerIsKilledAfterTheGrace) {
  ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = 20ms});
  const pid_t first = pool.worker_pids().at(0);
  const SharedGate never;
  const auto resist = [never](void (*how)()) {
    how();
    never.wait();
  };
  auto overdue = pool.submit({.task_timeout = 50ms}, resist, GetParam());
  failure_of<TaskTimeoutError>(overdue);
  EXPECT_FALSE(test_support::is_running(first));
  EXPECT_NE(pool.submit([] { return ::getpid(); }).result(), first);
}

// Behaviours 151 and 153: the limit is of each item, in chunks as well.
TEST(TaskTimeout, LimitsEachItemOfAMap) {
  for (std::size_t chunksize : {1U, 3U}) {
    ProcessPoolExecutor pool({.max_workers = 2});
    const SharedGate never;
    auto results = pool.map(
        {.chunksize = chunksize, .task = {.task_timeout = 300ms}},
        [never](int n) {
          if (n == 2 || n == 4) never.wait();
          return n;
        },
        std::vector<int>{0, 1, 2, 3, 4, 5});
    int index = 0;
    for (const auto& outcome : results.outcomes()) {
      if (index == 2 || index == 4) {
        ASSERT_FALSE(outcome.has_value());
        test_support::as<TaskTimeoutError>(outcome.exception());
      } else {
        ASSERT_TRUE(outcome.has_value()) << test_support::describe(outcome.exception());
        EXPECT_EQ(outcome.value(), index);
      }
      ++index;
    }
    EXPECT_EQ(index, 6);
  }
}

// Behaviour 151 (map zero chunk).
TEST(TaskTimeout, MapOverNothingEndsAtOnce) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto results = pool.map(
      {.chunksize = 0, .task = {.task_timeout = 1ms}}, [](int n) { return n; }, std::vector<int>{});
  EXPECT_TRUE(results.begin() == results.end());
}

// An option that the pool has not.
TEST(TaskTimeout, ThreadPoolRefusesIt) {
  muster::ThreadPoolExecutor threads({.max_workers = 1});
  muster::Executor& pool = threads;
  EXPECT_THROW(pool.submit({.task_timeout = 1s}, [] { return 1; }), muster::InvalidArgumentError);
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

std::atomic<bool> terminated{false};

// Its worker is to be killed for an item that then ends in its last moment: the next one is not
// begun there, so that nobody dies for another's time.
TEST(TaskTimeout, NoOtherItemOfTheChunkIsBegunByAWorkerThatIsToBeKilled) {
  ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = 100ms});
  const SharedCounter begun;
  auto results = pool.map(
      {.chunksize = 4, .task = {.task_timeout = 50ms}},
      [begun](int n) {
        begun.add();
        if (n != 1) return ::getpid();
        std::signal(SIGTERM, [](int) { terminated = true; });
        while (!terminated) ::usleep(100);
        return ::getpid();
      },
      std::vector<int>{0, 1, 2, 3});
  std::vector<pid_t> pids;
  for (const pid_t pid : results) pids.push_back(pid);
  ASSERT_EQ(pids.size(), 4U);
  EXPECT_EQ(pids[1], pids[0]);
  EXPECT_NE(pids[2], pids[1]);
  EXPECT_EQ(pids[3], pids[2]);
  EXPECT_EQ(begun.value(), 4);
}

// However long: what is added to the clock is still a time to come.
TEST(TaskTimeout, LeavesATaskAllOfAnEndlessGrace) {
  for (const muster::Duration grace : {muster::Duration(std::chrono::hours::max()),
                                       muster::Duration(std::chrono::hours(24 * 365 * 200))}) {
    ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = grace});
    const SharedCounter cleaned;
    auto future = pool.submit({.task_timeout = 20ms}, [cleaned] {
      std::signal(SIGTERM, [](int) { terminated = true; });
      while (!terminated) ::usleep(100);
      ::usleep(50'000);
      cleaned.add();
      ::_exit(0);
    });
    EXPECT_THROW(future.result(), TaskTimeoutError);
    EXPECT_EQ(cleaned.value(), 1);
  }
}

}  // namespace
