// More tasks than slots: what waits behind in the client's memory.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"

namespace {

constexpr int kMany = 20'000;  // several times the number of slots

int twice(int n) { return 2 * n; }

muster::ProcessPoolOptions one_worker() { return {.max_workers = 1}; }

TEST(Backlog, WaitingForTheLastTaskFirstDoesNotStall) {
  for (int round = 0; round < 5; ++round) {
    muster::ProcessPoolExecutor pool(one_worker());
    std::vector<muster::Future<int>> futures;
    for (int i = 0; i < kMany; ++i) futures.push_back(pool.submit(twice, i));
    EXPECT_EQ(futures.back().result(), 2 * (kMany - 1));
    for (int i = 0; i < kMany; ++i) ASSERT_EQ(futures[static_cast<std::size_t>(i)].result(), 2 * i);
  }
}

TEST(Backlog, IsWorkedOffThoughNobodyAsksForAResult) {
  muster::ProcessPoolExecutor pool(one_worker());
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < kMany; ++i) futures.push_back(pool.submit(twice, i));
  muster::Promise<int> called;
  futures.back().add_done_callback(
      [&](const muster::Future<int>& f) { called.set_result(f.result()); });
  EXPECT_EQ(called.future().result(), 2 * (kMany - 1));
  pool.shutdown({.wait = false});
}

TEST(Backlog, KeepsTheOrderOfOneProducer) {
  muster::ProcessPoolExecutor pool(one_worker());
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < kMany; ++i) {
    futures.push_back(pool.submit(
        [](int n) {
          static int before = -1;
          const bool in_order = before == n - 1;
          before = n;
          return in_order ? n : -1;
        },
        i));
  }
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(futures[static_cast<std::size_t>(i)].result(), i);
}

TEST(Backlog, CancelledTasksInItAreNeverRun) {
  muster::ProcessPoolExecutor pool(one_worker());
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < kMany; ++i) futures.push_back(pool.submit(twice, i));
  std::size_t cancelled = 0;
  for (auto it = futures.rbegin(); it != futures.rend(); ++it) cancelled += it->cancel() ? 1 : 0;
  pool.shutdown();
  std::size_t seen = 0;
  for (const auto& f : futures) {
    if (f.cancelled())
      ++seen;
    else
      EXPECT_NO_THROW(f.result());
  }
  EXPECT_EQ(seen, cancelled);
  const muster::PoolStats stats = pool.stats();
  EXPECT_EQ(stats.cancelled, cancelled);
  EXPECT_EQ(stats.finished, kMany - cancelled);
  EXPECT_EQ(stats.queued, 0u);
}

TEST(Backlog, LongArgumentsBehindArriveWhole) {
  muster::ProcessPoolExecutor pool(one_worker());
  std::vector<muster::Future<std::size_t>> futures;
  for (std::size_t i = 0; i < 6000; ++i) {
    futures.push_back(pool.submit(
        [](const std::string& text) {
          return text.find_first_not_of(text[0]) == std::string::npos ? text.size() : 0;
        },
        std::string(100 + i % 9000, static_cast<char>('a' + i % 26))));
  }
  for (std::size_t i = 0; i < futures.size(); ++i) ASSERT_EQ(futures[i].result(), 100 + i % 9000);
}

TEST(Backlog, ABreakFailsWhatIsInIt) {
  muster::ProcessPoolExecutor pool(one_worker());
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < kMany; ++i) futures.push_back(pool.submit(twice, i));
  pool.kill_workers();
  std::size_t broken = 0;
  for (const auto& f : futures) {
    try {
      f.result();
    } catch (const muster::BrokenProcessPool&) {
      ++broken;
    }
  }
  const muster::PoolStats stats = pool.stats();
  EXPECT_EQ(stats.finished + stats.failed, static_cast<std::uint64_t>(kMany));
  EXPECT_EQ(stats.failed, broken);
}

}  // namespace
