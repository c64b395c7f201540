// What only threads do: how many there are, how they are reused, and forks beside them.

#include <pthread.h>
#include <sched.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/captured_log.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ThreadPoolExecutor;
using test_support::make_pool;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;

// The threads of this process.
std::size_t count_threads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

// Behaviour 60.
TEST(ThreadPool, RunsAllOfManyTasksOnExactlyItsThreads) {
  constexpr int kWorkers = 3;
  constexpr int kTasks = 15 * kWorkers;
  SharedGate gate;
  SharedCounter began;
  SharedLog threads;
  auto pool = make_pool<ThreadPoolExecutor>(kWorkers);
  const OpensAtExit release(gate);
  std::vector<muster::Future<void>> futures;
  for (int i = 0; i < kTasks; ++i) {
    futures.push_back(pool.submit([=] {
      threads.add(test_support::current_thread_id());
      began.add();
      gate.wait();
    }));
  }
  began.wait_at_least(kWorkers);
  EXPECT_EQ(threads.distinct().size(), static_cast<std::size_t>(kWorkers));
  gate.open();
  for (const auto& future : futures) future.result();
  EXPECT_EQ(threads.size(), static_cast<std::size_t>(kTasks));
  EXPECT_EQ(threads.distinct().size(), static_cast<std::size_t>(kWorkers));
}

// Behaviour 61.
TEST(ThreadPool, ReusesItsThreads) {
  auto one = make_pool<ThreadPoolExecutor>(1);
  std::set<pid_t> ids;
  for (int i = 0; i < 3; ++i) ids.insert(one.submit(&test_support::current_thread_id).result());
  EXPECT_EQ(ids.size(), 1U);

  auto two = make_pool<ThreadPoolExecutor>(2);
  two.submit([] {}).result();
  const std::size_t threads = count_threads();
  ids.clear();
  for (int i = 0; i < 50; ++i) ids.insert(two.submit(&test_support::current_thread_id).result());
  EXPECT_LE(ids.size(), 2U);
  EXPECT_EQ(count_threads(), threads);
}

std::string current_thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

// The names of the threads or processes in which tasks run, one from each worker.
template <class Pool>
std::set<std::string> worker_names(Pool& pool, int workers) {
  SharedCounter arrived;
  std::vector<muster::Future<std::string>> futures;
  for (int i = 0; i < workers; ++i) {
    futures.push_back(pool.submit([arrived, workers] {
      arrived.add();
      arrived.wait_at_least(workers);  // so that each runs on a worker of its own
      return current_thread_name();
    }));
  }
  std::set<std::string> names;
  for (auto& future : futures) names.insert(future.result());
  return names;
}

template <class Pool>
class WorkerNames : public testing::Test {};
TYPED_TEST_SUITE(WorkerNames, test_support::Pools, test_support::PoolNames);

// Behaviour 64.
TYPED_TEST(WorkerNames, AreThePoolsNameAndTheirIndex) {
  auto options = test_support::pool_options<TypeParam>(3);
  options.name = "resize";
  TypeParam pool(options);
  EXPECT_EQ(pool.name(), "resize");
  EXPECT_EQ(worker_names(pool, 3), (std::set<std::string>{"resize_0", "resize_1", "resize_2"}));
}

// Behaviour 65.
TYPED_TEST(WorkerNames, ComeFromADefaultNameWhereNoneWasGiven) {
  auto first = make_pool<TypeParam>(2);
  auto second = make_pool<TypeParam>(1);
  EXPECT_EQ(first.name().substr(0, 5), "pool-");
  EXPECT_NE(first.name(), second.name());
  const std::string name(first.name());
  EXPECT_EQ(worker_names(first, 2), (std::set<std::string>{name + "_0", name + "_1"}));
}

// Behaviour 62.
TEST(ThreadPool, ThatIsBusyDoesNotHangProcessPoolsMadeMeanwhile) {
  const test_support::CapturedLog log;  // a fork beside threads may be warned of
  auto threads = make_pool<ThreadPoolExecutor>(2);
  // Tasks that allocate and whose callbacks submit the next, so that some lock is always held.
  std::atomic<bool> stop = false;
  std::atomic<int> chains = 2;
  std::function<void()> resubmit = [&] {
    threads.submit([] { return std::string(1000, 'x'); })
        .add_done_callback([&](const muster::Future<std::string>&) {
          if (stop) {
            --chains;
            chains.notify_one();
          } else {
            resubmit();
          }
        });
  };
  resubmit();
  resubmit();
  for (int i = 0; i < 50; ++i) {
    auto processes = make_pool<muster::ProcessPoolExecutor>(1);
    EXPECT_EQ(processes.submit([](int x) { return std::to_string(x); }, i).result(),
              std::to_string(i));
    test_support::Watchdog::progress();
  }
  stop = true;
  for (int left = chains; left != 0; left = chains) chains.wait(left);
}

// Behaviour 63.
TEST(ThreadPoolDeathTest, CanMakeAProcessPoolInATask) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const test_support::CapturedLog log;
        auto threads = make_pool<ThreadPoolExecutor>(1);
        const int value = threads
                              .submit([] {
                                auto processes = make_pool<muster::ProcessPoolExecutor>(1);
                                return processes.submit([](int x) { return x + 1; }, 41).result();
                              })
                              .result();
        threads.shutdown();
        std::exit(value == 42 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "^$");
}

}  // namespace
