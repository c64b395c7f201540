// Results that do not fit into a slot: where they lie, and that the memory comes back.

#include <csignal>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"

namespace {

std::vector<int> counted(int n) {
  std::vector<int> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), n);
  return v;
}

std::string letters(int n) { return std::string(static_cast<std::size_t>(n), 'm'); }

TEST(ResultMemory, ResultsOfAllSizesComeBackWhole) {
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  std::vector<muster::Future<std::vector<int>>> futures;
  for (int n = 0; n < 3000; ++n) futures.push_back(pool.submit(counted, n));
  for (int n = 0; n < 3000; ++n) {
    ASSERT_EQ(futures[static_cast<std::size_t>(n)].result(), counted(n));
  }
}

TEST(ResultMemory, CollectedResultsGiveTheirMemoryBack) {
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  constexpr int kBytes = 1 << 20;
  for (int i = 0; i < 8; ++i) pool.submit(letters, kBytes).result();
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  for (int i = 0; i < 200; ++i) ASSERT_EQ(pool.submit(letters, kBytes).result().size(), kBytes);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + 4 * kBytes);
}

TEST(ResultMemory, WorkersThatEndInOrderHandTheirMemoryOn) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  constexpr int kBytes = 1 << 20;
  for (int i = 0; i < 4; ++i) pool.submit(letters, kBytes).result();
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  for (int i = 0; i < 60; ++i) ASSERT_EQ(pool.submit(letters, kBytes).result().size(), kBytes);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + 4 * kBytes);
}

TEST(ResultMemory, ResultsOutliveTheirWorkerAndItsSuccessors) {
  muster::ProcessPoolExecutor pool(
      {.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  std::vector<muster::Future<std::vector<int>>> kept;
  for (int i = 0; i < 5; ++i) {
    kept.push_back(pool.submit(counted, 10'000 + i));
    muster::wait(kept);
    EXPECT_THROW(pool.submit([] { std::raise(SIGKILL); }).result(), muster::WorkerDiedError);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(kept[static_cast<std::size_t>(i)].result(), counted(10'000 + i));
  }
}

TEST(ResultMemory, ResultsOutliveTheirPool) {
  muster::Future<std::vector<int>> kept;
  {
    muster::ProcessPoolExecutor pool({.max_workers = 1});
    kept = pool.submit(counted, 100'000);
  }
  EXPECT_EQ(kept.result(), counted(100'000));
}

TEST(ResultMemory, ItemsOfAChunkThatTheDeadWorkerHadDoneAreKept) {
  muster::ProcessPoolExecutor pool({.max_workers = 2,
                                    .on_worker_death = muster::OnWorkerDeath::replace,
                                    .restart_intensity = {.deaths = 0}});
  std::vector<int> inputs(60);
  std::iota(inputs.begin(), inputs.end(), 0);
  auto results = pool.map(
      muster::MapOptions{.chunksize = 10},
      [](int n) {
        if (n % 10 == 3) std::raise(SIGKILL);
        return std::string(static_cast<std::size_t>(n) * 50, 'x');
      },
      inputs);
  int n = 0;
  for (auto outcome : results.outcomes()) {
    if (n % 10 == 3) {
      EXPECT_THROW(outcome.value(), muster::WorkerDiedError);
    } else {
      EXPECT_EQ(outcome.value().size(), static_cast<std::size_t>(n) * 50);
    }
    ++n;
  }
  EXPECT_EQ(n, 60);
}

TEST(ResultMemory, ChecksummedResultsArrive) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .checksum_results = true});
  EXPECT_EQ(pool.submit(counted, 5).result(), counted(5));
  EXPECT_EQ(pool.submit(counted, 50'000).result(), counted(50'000));
  EXPECT_EQ(pool.submit([](int n) { return n; }, 3).result(), 3);
}

}  // namespace
