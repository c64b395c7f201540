// What the library keeps of arguments and results, and for how long.

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/counted.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::Counted;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;

template <class Pool>
class References : public testing::Test {};
TYPED_TEST_SUITE(References, test_support::Pools, test_support::PoolNames);

// Behaviour 55.
TYPED_TEST(References, ToArgumentsAreDroppedWhenTheTaskHasRun) {
  SharedCounter alive;
  auto pool = test_support::make_pool<TypeParam>(1);
  // The future is kept while the argument goes.
  auto future = pool.submit([](const Counted&) { return 1; }, Counted(alive));
  EXPECT_EQ(future.result(), 1);
  alive.wait_at_most(0);
}

// Behaviour 55: though nobody holds the future.
TYPED_TEST(References, ToArgumentsAreDroppedWhereTheFutureWasDiscarded) {
  SharedCounter alive;
  SharedCounter ran;
  auto pool = test_support::make_pool<TypeParam>(1);
  static_cast<void>(pool.submit([ran](const Counted&) { ran.add(); }, Counted(alive)));
  ran.wait_at_least(1);
  alive.wait_at_most(0);
}

// Behaviour 55: nor does a task that was cancelled keep them.
TYPED_TEST(References, ToArgumentsAreDroppedWhereTheTaskWasCancelled) {
  SharedGate gate;
  SharedCounter alive;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto busy = pool.submit([gate] { gate.wait(); });
  auto future = pool.submit([](const Counted&) { return 1; }, Counted(alive));
  EXPECT_TRUE(future.cancel());
  gate.open();
  busy.result();
  alive.wait_at_most(0);
}

// Behaviour 57.
TYPED_TEST(References, ToResultsOfMapAreDroppedOnceTheyWereRead) {
  constexpr int kItems = 6;
  SharedCounter alive;
  auto pool = test_support::make_pool<TypeParam>(1);
  for (const std::size_t chunksize : {0U, 1U, 2U}) {
    SCOPED_TRACE(chunksize);
    auto results = pool.map(
        {.chunksize = chunksize}, [alive](int) { return Counted(alive); },
        std::views::iota(0, kItems));
    int read = 0;
    for (auto it = results.begin(); it != results.end(); ++it) {
      static_cast<void>(*it);
      ++read;
      // The one that the iterator stands on and those to come. Chunks may keep theirs longer.
      EXPECT_TRUE(chunksize != 1 || alive.value() <= kItems - read + 1) << alive.value();
    }
    EXPECT_EQ(read, kItems);
    EXPECT_EQ(alive.value(), 0);
  }
}

// The result of a task lives as long as its future, and no longer.
TYPED_TEST(References, ToAResultAreThoseOfItsFuture) {
  SharedCounter alive;
  auto pool = test_support::make_pool<TypeParam>(1);
  {
    const auto future = pool.submit([alive] { return Counted(alive); });
    const auto copy = future;
    static_cast<void>(copy.result());
    EXPECT_EQ(alive.value(), 1);
  }
  EXPECT_EQ(alive.value(), 0);
}

// Shared memory after the first few rounds, and what it may grow by in 200 more of 1 MiB each.
constexpr std::size_t kBytes = std::size_t{1} << 20;
constexpr int kRounds = 200;
constexpr std::uint64_t kGrowth = 16 * kBytes;

// Behaviour 55: the memory of arguments is used again.
TEST(ProcessReferences, ToSentArgumentsDoNotAddUp) {
  auto pool = test_support::make_pool<muster::ProcessPoolExecutor>(1);
  const std::vector<std::byte> argument(kBytes);
  const SharedCounter ran;
  std::uint64_t before = 0;
  for (int i = 1; i <= kRounds; ++i) {
    static_cast<void>(pool.submit([ran](std::span<const std::byte>) { ran.add(); }, argument));
    ran.wait_at_least(i);
    if (i == 10) before = pool.stats().shared_memory_bytes;
  }
  EXPECT_GT(before, 0U);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + kGrowth);
}

// Behaviour 57: the memory of results is used again.
TEST(ProcessReferences, ToReadResultsDoNotAddUp) {
  auto pool = test_support::make_pool<muster::ProcessPoolExecutor>(1);
  std::uint64_t before = 0;
  int read = 0;
  for (auto&& result : pool.map(
           {.buffersize = 2}, [](int) { return std::vector<std::byte>(kBytes); },
           std::views::iota(0, kRounds))) {
    EXPECT_EQ(result.size(), kBytes);
    if (++read == 10) before = pool.stats().shared_memory_bytes;
  }
  EXPECT_EQ(read, kRounds);
  EXPECT_GT(before, 0U);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + kGrowth);
}

}  // namespace
