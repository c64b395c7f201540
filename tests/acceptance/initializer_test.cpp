// Initializers and finalizers.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/pool_kinds.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::BrokenExecutor;
using muster::BrokenProcessPool;
using muster::BrokenThreadPool;
using muster::Future;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::ThreadPoolExecutor;
using test_support::as;
using test_support::error_of_task;
using test_support::SharedGate;
using test_support::SharedLog;

// A worker process's own; a thread's own.
thread_local int state_of_worker = 0;

template <class Pool>
class Initializer : public testing::Test {};

TYPED_TEST_SUITE(Initializer, test_support::Pools, test_support::PoolNames);

// Behaviours 122 and 125.
TYPED_TEST(Initializer, RunsInEachWorkerBeforeItsFirstTask) {
  auto options = test_support::pool_options<TypeParam>(3);
  const test_support::SharedCounter runs;
  options.initializer = [runs, value = 42] {
    state_of_worker = value;
    runs.add();
  };
  TypeParam pool(options);
  const test_support::SharedCounter met;
  std::vector<Future<int>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(pool.submit([met] {
      met.add();
      met.wait_at_least(3);
      return state_of_worker;
    }));
  }
  for (auto& future : all) EXPECT_EQ(future.result(), 42);
  EXPECT_EQ(runs.value(), 3);
}

// Behaviour 123.
TYPED_TEST(Initializer, ThatThrowsBreaksThePoolAndSaysWhy) {
  auto options = test_support::pool_options<TypeParam>(2);
  options.initializer = [] { throw std::runtime_error("no licence for this machine"); };
  TypeParam pool(options);
  for (int i = 0; i < 3; ++i) {
    const auto error = as<BrokenExecutor>(error_of_task(pool, [] { return 1; }));
    EXPECT_NE(std::string(error.what()).find("no licence for this machine"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(pool.submit([] { return 1; }), BrokenExecutor);
}

// Behaviour 123: what was submitted before it failed.
TYPED_TEST(Initializer, ThatThrowsFailsWhatIsPending) {
  const SharedGate gate;
  auto options = test_support::pool_options<TypeParam>(2);
  options.initializer = [gate] {
    gate.wait();
    throw std::runtime_error("late");
  };
  TypeParam pool(options);
  const test_support::OpensAtExit open(gate);
  std::vector<Future<int>> all;
  for (int i = 0; i < 10; ++i) all.push_back(pool.submit([i] { return i; }));
  gate.open();
  for (auto& future : all) test_support::failure_of<BrokenExecutor>(future);
}

// Behaviour 123: each pool's own type.
TEST(InitializerThatThrows, BreaksEachPoolWithItsOwnType) {
  const auto fail = [] { throw 42; };
  ProcessPoolExecutor processes({.max_workers = 1, .initializer = fail});
  ThreadPoolExecutor threads({.max_workers = 1, .initializer = fail});
  as<BrokenProcessPool>(error_of_task(processes, [] { return 1; }));
  as<BrokenThreadPool>(error_of_task(threads, [] { return 1; }));
}

// Behaviour 123: no policy tries it again.
TEST(InitializerThatThrows, BreaksThePoolUnderReplaceToo) {
  ProcessPoolExecutor pool({.max_workers = 2,
                            .initializer = [] { throw std::runtime_error("never"); },
                            .on_worker_death = OnWorkerDeath::replace});
  const auto error = as<BrokenProcessPool>(error_of_task(pool, [] { return 1; }));
  EXPECT_NE(std::string(error.what()).find("never"), std::string::npos) << error.what();
}

// Behaviour 124.
TEST(InitializerThatThrows, LeavesNoProcessNoDescriptorAndNoMemory) {
  const auto fail = [] { throw std::runtime_error("no"); };
  { ProcessPoolExecutor warm({.max_workers = 1, .initializer = fail}); }
  const auto files = test_support::entries("/proc/self/fd").size();
  const auto memfds = test_support::memfds_of(::getpid());
  const auto names = test_support::shared_memory_names();
  for (int round = 0; round < 5; ++round) {
    ProcessPoolExecutor pool({.max_workers = 2, .initializer = fail});
    as<BrokenProcessPool>(error_of_task(pool, [] { return 1; }));
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
  EXPECT_EQ(test_support::entries("/proc/self/fd").size(), files);
  EXPECT_EQ(test_support::memfds_of(::getpid()), memfds);
  EXPECT_EQ(test_support::shared_memory_names(), names);
}

// Behaviours 122 and 76.
TEST(InitializerOfProcesses, RunsInEveryReplacementToo) {
  const SharedLog initialized;
  ProcessPoolExecutor pool({.max_workers = 1,
                            .initializer = [initialized] { initialized.add(::getpid()); },
                            .max_tasks_per_child = 1});
  for (int i = 0; i < 4; ++i) {
    const pid_t pid = pool.submit([] { return ::getpid(); }).result();
    const auto pids = initialized.values();
    EXPECT_EQ(std::count(pids.begin(), pids.end(), pid), 1);
  }
}

// Behaviours 122 and 1c.3.
TEST(InitializerOfProcesses, RunsInTheReplacementOfADeadWorker) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .initializer = [] { state_of_worker = 7; },
                            .on_worker_death = OnWorkerDeath::replace});
  auto deadly = pool.submit(test_support::end_worker, test_support::End::killed);
  test_support::failure_of<muster::WorkerDiedError>(deadly);
  EXPECT_EQ(pool.submit([] { return state_of_worker; }).result(), 7);
}

// Behaviour 153: worker_exit.
TEST(Finalizer, RunsOnceInEachWorkerThatEndsInOrder) {
  const SharedLog finalized;
  std::vector<pid_t> workers;
  {
    ProcessPoolExecutor pool(
        {.max_workers = 3, .finalizer = [finalized] { finalized.add(::getpid()); }});
    workers = pool.worker_pids();
    EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
    EXPECT_EQ(finalized.size(), 0U);
  }
  std::vector<std::int64_t> pids(workers.begin(), workers.end());
  std::sort(pids.begin(), pids.end());
  EXPECT_EQ(finalized.distinct(), pids);
  EXPECT_EQ(finalized.size(), 3U);
}

// Behaviours 153 and 76.
TEST(Finalizer, RunsInAWorkerThatIsReplacedAfterItsTasks) {
  const SharedLog finalized;
  ProcessPoolExecutor pool({.max_workers = 1,
                            .finalizer = [finalized] { finalized.add(::getpid()); },
                            .max_tasks_per_child = 1});
  const pid_t first = pool.submit([] { return ::getpid(); }).result();
  pool.submit([] {}).result();
  finalized.wait_for_size(1);
  EXPECT_EQ(finalized.values().at(0), first);
}

// What a worker did that ran no task is said where it is known.
TEST(WorkerThatDies, InItsInitializerIsToldSo) {
  ProcessPoolExecutor pool({.max_workers = 1, .initializer = [] { std::abort(); }});
  const std::string what = as<BrokenProcessPool>(error_of_task(pool, [] {})).what();
  EXPECT_NE(what.find("was killed by SIGABRT while it started, in its initializer"),
            std::string::npos)
      << what;
}

TEST(WorkerThatDies, InItsFinalizerIsToldSo) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .finalizer = [] { std::abort(); }, .max_tasks_per_child = 1});
  pool.submit([] {}).result();
  const std::string what = as<BrokenProcessPool>(error_of_task(pool, [] {})).what();
  EXPECT_NE(what.find("was killed by SIGABRT while it ended, in its finalizer"), std::string::npos)
      << what;
}

// Behaviour 153: not in one that is killed.
TEST(Finalizer, DoesNotRunInAWorkerThatIsKilled) {
  const SharedLog finalized;
  {
    ProcessPoolExecutor pool(
        {.max_workers = 2, .finalizer = [finalized] { finalized.add(::getpid()); }});
    EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
    pool.kill_workers();
  }
  EXPECT_EQ(finalized.size(), 0U);
}

// Behaviour 153: results that are there stay, whatever it throws.
TEST(Finalizer, ThatThrowsLosesNoResult) {
  std::vector<Future<int>> all;
  {
    ProcessPoolExecutor pool(
        {.max_workers = 2, .finalizer = [] { throw std::runtime_error("too late"); }});
    for (int i = 0; i < 20; ++i) all.push_back(pool.submit([i] { return i; }));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i);
}

}  // namespace
