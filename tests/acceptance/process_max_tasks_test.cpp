// ProcessPoolOptions::max_tasks_per_child.

#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;
using test_support::SharedGate;
using test_support::SharedLog;

pid_t worker_pid() { return ::getpid(); }

// Behaviour 76.
TEST(MaxTasksPerChild, WorkerIsReplacedAfterSoManyTasks) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 3});
  std::vector<pid_t> pids;
  for (int i = 0; i < 7; ++i) pids.push_back(pool.submit(worker_pid).result());
  EXPECT_EQ(pids[0], pids[1]);
  EXPECT_EQ(pids[1], pids[2]);
  EXPECT_NE(pids[2], pids[3]);
  EXPECT_EQ(pids[3], pids[5]);
  EXPECT_NE(pids[5], pids[6]);
  EXPECT_EQ(pool.worker_pids().size(), 1U);
}

// Behaviour 76: also when all are submitted before the first one ran.
TEST(MaxTasksPerChild, NoWorkerRunsMoreWhenManyAreQueued) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 3});
  std::vector<Future<pid_t>> all;
  for (int i = 0; i < 30; ++i) all.push_back(pool.submit(worker_pid));
  std::multiset<pid_t> pids;
  for (auto& future : all) pids.insert(future.result());
  for (pid_t pid : std::set<pid_t>(pids.begin(), pids.end())) EXPECT_LE(pids.count(pid), 3U);
}

struct Load {
  std::size_t workers;
  std::size_t tasks_per_child;
  int tasks;
};

class PendingTasks : public testing::TestWithParam<Load> {};

INSTANTIATE_TEST_SUITE_P(MaxTasksPerChild, PendingTasks,
                         testing::Values(Load{1, 2, 6}, Load{2, 2, 8}, Load{3, 1, 30}),
                         [](const auto& suite) {
                           return std::to_string(suite.param.workers) + "Workers" +
                                  std::to_string(suite.param.tasks_per_child) + "Each" +
                                  std::to_string(suite.param.tasks) + "Tasks";
                         });

// Behaviour 78.
TEST_P(PendingTasks, DoNotStall) {
  ProcessPoolExecutor pool(
      {.max_workers = GetParam().workers, .max_tasks_per_child = GetParam().tasks_per_child});
  std::vector<Future<int>> all;
  for (int i = 0; i < GetParam().tasks; ++i) all.push_back(pool.submit([i] { return i * i; }));
  for (int i = 0; i < GetParam().tasks; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i * i);
  }
}

// Behaviour 79.
TEST(MaxTasksPerChild, LaterTasksRunOnReplacementsAfterShutdownWithoutWait) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedGate started;
  auto first = pool.submit([started, gate] {
    started.open();
    gate.wait();
    return ::getpid();
  });
  auto second = pool.submit(worker_pid);
  auto third = pool.submit(worker_pid);
  started.wait();
  pool.shutdown({.wait = false});
  gate.open();
  EXPECT_NE(first.result(), second.result());
  EXPECT_NE(second.result(), third.result());
}

// Behaviour 80: the destructor waits, whatever is being replaced at that time.
TEST(MaxTasksPerChild, FuturesAreThereAfterThePoolIsDestroyed) {
  std::vector<Future<int>> all;
  {
    ProcessPoolExecutor pool({.max_workers = 2, .max_tasks_per_child = 1});
    for (int i = 0; i < 10; ++i) all.push_back(pool.submit([i] { return i; }));
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(all[static_cast<std::size_t>(i)].done());
    EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i);
  }
}

// Behaviour 81.
TEST(MaxTasksPerChild, NoReplacementEscapesAKill) {
  for (int round = 0; round < 10; ++round) {
    const SharedLog ran;
    std::vector<Future<void>> all;
    {
      ProcessPoolExecutor pool({.max_workers = 2, .max_tasks_per_child = 1});
      for (int i = 0; i < 40; ++i) all.push_back(pool.submit([ran] { ran.add(::getpid()); }));
      ran.wait_for_size(static_cast<std::size_t>(round));
      pool.kill_workers();
      EXPECT_THROW(pool.submit(worker_pid), muster::BrokenProcessPool);
      for (auto& future : all) {
        if (const auto error = future.exception()) {
          test_support::as<muster::BrokenProcessPool>(error);
        }
      }
    }
    for (auto pid : ran.values()) {
      EXPECT_TRUE(test_support::is_gone(static_cast<pid_t>(pid))) << pid;
    }
    EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
  }
}

// Behaviour 82.
TEST(MaxTasksPerChild, ReplacementThatCannotBeStartedBreaksThePool) {
  // In a process of its own, since root's processes have no limit that fork() minds.
  const auto end = test_support::Program("failed_replacement").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_NE(end.out.find("BrokenProcessPool"), std::string::npos) << end.out << end.err;
  EXPECT_NE(end.out.find("could not be started"), std::string::npos) << end.out << end.err;
}

// Behaviours 82 and 1c.6.
TEST(MaxTasksPerChild, ReplacementThatTheClientCannotBeToldOfIsNotLetIn) {
  const auto end = test_support::Program("unsent_descriptor").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_NE(end.out.find("BrokenProcessPool: the pool broke because a worker could not be started: "
                         "the kernel does not let the descriptor of worker 0 (pid "),
            std::string::npos)
      << end.out << end.err;
  EXPECT_NE(end.out.find("workers that were let in: 1\n"), std::string::npos) << end.out << end.err;
}

// Behaviour 83.
TEST(MaxTasksPerChild, EarlyShutdownKeepsAllResults) {
  ProcessPoolExecutor pool({.max_workers = 3, .max_tasks_per_child = 1});
  std::vector<Future<int>> all;
  for (int i = 0; i < 6; ++i) all.push_back(pool.submit([i] { return i * i; }));
  pool.shutdown();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i * i);
}

}  // namespace
