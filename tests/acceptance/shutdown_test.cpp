// shutdown(), destruction, and a program's end.

#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/pool_kinds.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::CancelledError;
using muster::Future;
using muster::ProcessPoolExecutor;
using muster::ShutdownError;
using test_support::make_pool;
using test_support::SharedGate;

template <class Pool>
class Shutdown : public testing::Test {};

TYPED_TEST_SUITE(Shutdown, test_support::Pools, test_support::PoolNames);

// Behaviour 108.
TYPED_TEST(Shutdown, SubmitThrowsAfterwards) {
  auto pool = make_pool<TypeParam>(2);
  pool.shutdown();
  EXPECT_THROW(pool.submit([] { return 1; }), ShutdownError);
  EXPECT_THROW(pool.try_submit([] { return 1; }), ShutdownError);
  EXPECT_THROW(static_cast<void>(pool.map([](int n) { return n; }, std::vector<int>{1})),
               ShutdownError);
}

// May be called again.
TYPED_TEST(Shutdown, MayBeCalledTwice) {
  auto pool = make_pool<TypeParam>(1);
  auto future = pool.submit([] { return 1; });
  pool.shutdown({.wait = false});
  pool.shutdown();
  EXPECT_TRUE(future.done());
  pool.shutdown();
}

// Behaviour 111.
TYPED_TEST(Shutdown, AllResultsAreThereAfterwards) {
  auto pool = make_pool<TypeParam>(3);
  std::vector<Future<int>> all;
  for (int i = 0; i < 50; ++i) all.push_back(pool.submit([i] { return i * i; }));
  pool.shutdown();
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(all[static_cast<std::size_t>(i)].done());
    EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i * i);
  }
}

// Behaviour 112: what runs ends, what waits is cancelled, nothing is left between.
TYPED_TEST(Shutdown, CancelFuturesCancelsWhatHasNotStarted) {
  auto pool = make_pool<TypeParam>(2);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const test_support::SharedCounter started;
  std::vector<Future<int>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(pool.submit([started, gate, i] {
      started.add();
      gate.wait();
      return i;
    }));
  }
  started.wait_at_least(2);
  pool.shutdown({.wait = false, .cancel_futures = true});
  gate.open();
  pool.shutdown();
  int cancelled = 0;
  for (int i = 0; i < 50; ++i) {
    const auto& future = all[static_cast<std::size_t>(i)];
    ASSERT_TRUE(future.done());
    if (future.cancelled()) {
      EXPECT_THROW(future.result(), CancelledError);
      ++cancelled;
    } else {
      EXPECT_EQ(future.result(), i);
    }
  }
  EXPECT_EQ(cancelled, 48);
  EXPECT_EQ(started.value(), 2);
}

// Behaviour 120.
TYPED_TEST(Shutdown, CancelFuturesWithoutWaitReturnsWhileATaskRuns) {
  auto pool = make_pool<TypeParam>(1);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedGate started;
  auto running = pool.submit([started, gate] {
    started.open();
    gate.wait();
    return 1;
  });
  auto pending = pool.submit([] { return 2; });
  started.wait();
  pool.shutdown({.wait = false, .cancel_futures = true});
  EXPECT_TRUE(pending.cancelled());
  EXPECT_FALSE(running.done());
  gate.open();
  EXPECT_EQ(running.result(), 1);
}

// Behaviour 114.
TYPED_TEST(Shutdown, EndsAfterACancel) {
  for (int round = 0; round < 20; ++round) {
    auto pool = make_pool<TypeParam>(1);
    auto future = pool.submit([] { return 1; });
    const bool cancelled = future.cancel();
    pool.shutdown();
    EXPECT_TRUE(future.done());
    EXPECT_EQ(future.cancelled(), cancelled);
  }
}

// Behaviour 115.
TYPED_TEST(Shutdown, ThreadsOfThePoolAreGone) {
  const auto threads = [] { return test_support::entries("/proc/self/task").size(); };
  const auto before = threads();
  {
    auto pool = make_pool<TypeParam>(5);
    for (int i = 0; i < 10; ++i) pool.submit([] {});
    pool.shutdown();
  }
  // A thread that was joined may be listed a moment longer.
  while (threads() != before) std::this_thread::yield();
}

// Behaviour 117.
TYPED_TEST(Shutdown, ScopeEndsAfterItsTasks) {
  std::vector<Future<int>> all;
  {
    auto pool = make_pool<TypeParam>(3);
    for (int i = 0; i < 20; ++i) all.push_back(pool.submit([i] { return i; }));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(all[static_cast<std::size_t>(i)].done());
    EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i);
  }
}

// Behaviour 118.
TYPED_TEST(Shutdown, DestructionOfAnOwnedPoolWaits) {
  auto pool = std::make_unique<TypeParam>(test_support::pool_options<TypeParam>(2));
  auto results = pool->map([](int n) { return n * 2; }, std::vector<int>{1, 2, 3});
  pool.reset();
  std::vector<int> values;
  for (int n : results) values.push_back(n);
  EXPECT_EQ(values, (std::vector<int>{2, 4, 6}));
}

// Behaviour 119.
TYPED_TEST(Shutdown, WithoutWaitReturnsWhileTasksRunAndLosesNone) {
  auto pool = make_pool<TypeParam>(1);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  std::vector<Future<int>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(pool.submit([gate, i] {
      gate.wait();
      return i;
    }));
  }
  pool.shutdown({.wait = false});
  EXPECT_FALSE(all[0].done());
  EXPECT_THROW(pool.submit([] { return 1; }), ShutdownError);
  gate.open();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i);
}

// Behaviours 113 and 119: the destructor waits also after shutdown({.wait = false}).
TYPED_TEST(Shutdown, DestructorWaitsAlsoAfterShutdownWithoutWait) {
  std::vector<Future<int>> all;
  {
    auto pool = make_pool<TypeParam>(1);
    for (int i = 0; i < 100; ++i) all.push_back(pool.submit([i] { return i; }));
    pool.shutdown({.wait = false});
  }
  for (const auto& future : all) EXPECT_TRUE(future.done());
  EXPECT_EQ(all[99].result(), 99);
}

// Behaviour 116.
TEST(ShutdownOfProcesses, LeavesNoProcessNoDescriptorAndNoMemory) {
  { ProcessPoolExecutor warm({.max_workers = 1}); }  // what a process sets up once and keeps
  const auto files = test_support::entries("/proc/self/fd").size();
  const auto memfds = test_support::memfds_of(::getpid());
  const auto names = test_support::shared_memory_names();
  std::vector<pid_t> workers;
  {
    ProcessPoolExecutor pool({.max_workers = 4});
    workers = pool.worker_pids();
    EXPECT_EQ(workers.size(), 4U);
    EXPECT_EQ(pool.submit([] { return std::vector<int>(1000, 1); }).result().size(), 1000U);
    pool.shutdown();
  }
  for (pid_t pid : workers) EXPECT_TRUE(test_support::is_gone(pid)) << pid;
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
  EXPECT_EQ(test_support::entries("/proc/self/fd").size(), files);
  EXPECT_EQ(test_support::memfds_of(::getpid()), memfds);
  EXPECT_EQ(test_support::shared_memory_names(), names);
}

class FailingTasks : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(ShutdownOfProcesses, FailingTasks, testing::Values(2, 4),
                         testing::PrintToStringParamName());

// Behaviour 121.
TEST_P(FailingTasks, WithReplacementsAndNoWaitDoNotHang) {
  std::vector<Future<int>> all;
  {
    ProcessPoolExecutor pool({.max_workers = GetParam(), .max_tasks_per_child = 1});
    for (int i = 0; i < 8; ++i) {
      all.push_back(pool.submit([i]() -> int {
        if (i % 2 == 0) throw std::runtime_error("even");
        return i;
      }));
    }
    pool.shutdown({.wait = false});
  }
  for (int i = 0; i < 8; ++i) {
    const auto& future = all[static_cast<std::size_t>(i)];
    if (i % 2 == 0) {
      test_support::failure_of<std::runtime_error>(future);
    } else {
      EXPECT_EQ(future.result(), i);
    }
  }
}

class ProgramEndWithPool : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(ProgramsEnd, ProgramEndWithPool,
                         testing::Values("local", "static", "no_wait", "exit"),
                         [](const auto& suite) { return std::string(suite.param); });

// Behaviours 109 and 113: main() returns, or somebody calls exit(), without a shutdown.
TEST_P(ProgramEndWithPool, TasksOutputAppearsWithoutNoise) {
  const auto end = test_support::Program("ends_with_pool", {GetParam()}).wait();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "apple\n");
  EXPECT_EQ(end.err, "");
}

// Behaviour 109: a pool that nobody destroys does not keep the program from ending, or outlive it.
TEST(ProgramsEnd, LeakedPoolLeavesNobody) {
  // The end of the program's output, for which wait() waits, is the end of its descendants.
  const auto end = test_support::Program("ends_with_pool", {"leaked"}).wait();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "apple\n");
  EXPECT_EQ(end.err, "");
}

// Behaviour 110.
TEST(ProgramsEnd, SubmitFromAnExitHandlerThrowsAndDoesNotCrash) {
  const auto end = test_support::Program("submits_at_exit").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, "apple\nShutdownError\n");
  EXPECT_EQ(end.err, "");
}

// Behaviour 110: the pool itself may still be there.
TEST(ProgramsEnd, SubmitFromAnExitHandlerToALivingPoolDoesNotCrash) {
  const auto end = test_support::Program("submits_at_exit", {"alive"}).wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_TRUE(end.out == "apple\nShutdownError\n" || end.out == "apple\n7\n") << end.out;
  EXPECT_EQ(end.err, "");
}

}  // namespace
