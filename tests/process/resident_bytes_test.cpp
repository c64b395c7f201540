// WorkerLimits::resident_bytes.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/limited_pool.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;
using test_support::limited;

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Keeps so much in the worker, and says who it is. Not of the heap: there may be some that the
// client had used, and freed before the fork.
pid_t keep(std::size_t bytes) {
  void* const kept =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (kept == MAP_FAILED) throw std::bad_alloc();
  std::memset(kept, 'x', bytes);
  return ::getpid();
}

TEST(ResidentBytes, OfAWorkerThatHoldsMoreHaveItReplacedInOrder) {
  ProcessPoolExecutor pool(limited({.resident_bytes = 64 * kMiB}));
  std::vector<pid_t> pids;
  for (int i = 0; i < 6; ++i) pids.push_back(pool.submit(keep, 40 * kMiB).result());
  EXPECT_EQ(pids[0], pids[1]);
  EXPECT_NE(pids[1], pids[2]);
  EXPECT_EQ(pids[2], pids[3]);
  EXPECT_NE(pids[3], pids[4]);
  EXPECT_EQ(pids[4], pids[5]);
  const muster::PoolStats stats = pool.stats();
  EXPECT_EQ(stats.deaths, 0U);
  EXPECT_GE(stats.restarts, 2U);
}

TEST(ResidentBytes, ThatATaskHasGivenBackDoNotCount) {
  ProcessPoolExecutor pool(limited({.resident_bytes = 64 * kMiB}));
  const auto use = [](std::size_t bytes) {
    const std::vector<char> used(bytes, 'x');
    return used.empty() ? 0 : ::getpid();
  };
  const pid_t first = pool.submit(use, 200 * kMiB).result();
  EXPECT_EQ(pool.submit(use, 200 * kMiB).result(), first);
  EXPECT_EQ(pool.submit(use, std::size_t{1}).result(), first);
}

// Nor do those that the program had when the worker was forked.
TEST(ResidentBytes, AreNotTheClientsNorShared) {
  const std::vector<char> of_the_client(200 * kMiB, 'x');
  ProcessPoolExecutor pool(limited({.resident_bytes = 64 * kMiB}));
  const pid_t first = pool.submit([] { return ::getpid(); }).result();
  muster::SharedArray<char> shared(200 * kMiB);
  const auto fill = [](muster::SharedArray<char> array) {
    for (char& each : array) each = 'y';
    return ::getpid();
  };
  EXPECT_EQ(pool.submit(fill, shared).result(), first);
  EXPECT_EQ(pool.submit([] { return ::getpid(); }).result(), first);
  EXPECT_EQ(of_the_client[shared.size() / 2], 'x');
}

class ManyTasks : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(ResidentBytes, ManyTasks, testing::Values(1U, 3U));

// Tiny ones, of which a worker reserves many at once, and gives back.
TEST_P(ManyTasks, AreAllRunOnceWhereWorkersAreReplacedAmongThem) {
  constexpr int kTasks = 20'000;
  constexpr int kLarge = 1000;
  ProcessPoolExecutor pool(limited({.resident_bytes = 8 * kMiB}, GetParam()));
  muster::SharedArray<int> runs(kTasks);
  std::vector<Future<pid_t>> all;
  for (int i = 0; i < kTasks; ++i) {
    all.push_back(pool.submit(
        [](muster::SharedArray<int> counts, int at) {
          __atomic_fetch_add(&counts[static_cast<std::size_t>(at)], 1, __ATOMIC_RELAXED);
          return at % kLarge == kLarge / 2 ? keep(10 * kMiB) : ::getpid();
        },
        runs, i));
  }
  std::set<pid_t> large;
  for (int i = 0; i < kTasks; ++i) {
    const pid_t pid = all[static_cast<std::size_t>(i)].result();
    if (i % kLarge == kLarge / 2) large.insert(pid);
    ASSERT_EQ(runs[static_cast<std::size_t>(i)], 1) << i;
  }
  EXPECT_EQ(large.size(), kTasks / kLarge);  // each of these was its worker's last
  EXPECT_EQ(pool.stats().deaths, 0U);
}

TEST(ResidentBytes, LoseNoItemOfAMap) {
  ProcessPoolExecutor pool(limited({.resident_bytes = 8 * kMiB}, 2));
  std::vector<int> inputs(400);
  for (int i = 0; i < 400; ++i) inputs[static_cast<std::size_t>(i)] = i;
  const auto grow = [](int i) {
    if (i % 50 == 0) keep(10 * kMiB);
    return i;
  };
  int next = 0;
  for (const int each : pool.map({.chunksize = 7}, grow, inputs)) EXPECT_EQ(each, next++);
  EXPECT_EQ(next, 400);
  EXPECT_EQ(pool.stats().deaths, 0U);
}

TEST(ResidentBytes, LetTheFinalizerRun) {
  auto options = limited({.resident_bytes = 8 * kMiB});
  const test_support::SharedCounter ended;
  options.finalizer = [ended] { ended.add(); };
  ProcessPoolExecutor pool(options);
  const pid_t first = pool.submit(keep, 20 * kMiB).result();
  EXPECT_NE(pool.submit([] { return ::getpid(); }).result(), first);
  EXPECT_EQ(ended.value(), 1U);
  pool.shutdown();
  EXPECT_EQ(ended.value(), 2U);
}

}  // namespace
