// map_unordered: items as they end, each with the index of its input.

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;

using Numbers = std::vector<int>;

int sum(int a, int b) { return a + b; }

template <class Pool>
class MapUnordered : public testing::Test {};
TYPED_TEST_SUITE(MapUnordered, test_support::Pools, test_support::PoolNames);

// Behaviour 156.
TYPED_TEST(MapUnordered, GivesEveryItemOnceWithItsIndex) {
  auto pool = test_support::make_pool<TypeParam>(2);
  for (const std::size_t chunksize : {0U, 1U, 3U, 50U}) {
    SCOPED_TRACE(chunksize);
    std::vector<int> results(20, -1);
    for (auto&& [index, result] : pool.map_unordered(
             {.chunksize = chunksize}, &sum, std::views::iota(0, 20), std::views::iota(100))) {
      ASSERT_LT(index, results.size());
      EXPECT_EQ(results[index], -1);
      results[index] = result;
    }
    int expected = 100;
    for (const int result : results) {
      EXPECT_EQ(result, expected);
      expected += 2;
    }
  }
}

// Behaviour 156.
TYPED_TEST(MapUnordered, GivesItemsAsTheyEnd) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  std::vector<std::size_t> order;
  for (auto&& [index, result] : pool.map_unordered(
           {.chunksize = 1},
           [gate](int x) {
             if (x == 0) gate.wait();  // until the other has been seen
             return x;
           },
           Numbers{0, 1})) {
    order.push_back(index);
    EXPECT_EQ(result, static_cast<int>(index));
    gate.open();
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 0}));
}

// Behaviour 156: an item that fails.
TYPED_TEST(MapUnordered, GoesOnAfterAnItemThatFailed) {
  auto pool = test_support::make_pool<TypeParam>(2);
  const auto task = [](int x) {
    if (x % 3 == 0) throw std::domain_error("a multiple of three");
    return 10 * x;
  };
  for (const std::size_t chunksize : {1U, 4U}) {
    SCOPED_TRACE(chunksize);
    auto results = pool.map_unordered({.chunksize = chunksize}, task, std::views::iota(0, 10));
    Numbers values;
    int failures = 0;
    for (auto it = results.begin(); it != results.end(); ++it) {
      try {
        values.push_back((*it).result);
      } catch (const std::domain_error&) {
        ++failures;
      }
    }
    std::sort(values.begin(), values.end());
    EXPECT_EQ(values, (Numbers{10, 20, 40, 50, 70, 80}));
    EXPECT_EQ(failures, 4);
  }
}

// Behaviour 156: an item that fails, with its index.
TYPED_TEST(MapUnordered, GivesOutcomesWithTheirIndices) {
  auto pool = test_support::make_pool<TypeParam>(2);
  auto results = pool.map_unordered(
      {.chunksize = 2},
      [](int x) {
        if (x == 3) throw std::domain_error("three");
        return x;
      },
      std::views::iota(0, 6));
  std::vector<std::size_t> good;
  std::vector<std::size_t> bad;
  for (auto&& outcome : results.outcomes()) {
    (outcome.has_value() ? good : bad).push_back(outcome.index());
    EXPECT_TRUE(!outcome.has_value() || outcome.value() == static_cast<int>(outcome.index()));
  }
  std::sort(good.begin(), good.end());
  EXPECT_EQ(good, (std::vector<std::size_t>{0, 1, 2, 4, 5}));
  EXPECT_EQ(bad, (std::vector<std::size_t>{3}));
}

// Behaviour 156: a deadline.
TYPED_TEST(MapUnordered, ThatRunsOutOfTimeThrowsAndCancelsTheRest) {
  SharedGate gate;
  SharedLog began;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto results = pool.map_unordered(
      {.chunksize = 1, .timeout = 20ms},
      [=](int x) {
        began.add(x);
        if (x == 1) gate.wait();
        return x;
      },
      Numbers{0, 1, 2, 3});
  began.wait_for_size(2);  // one worker: the first item has ended
  std::vector<std::size_t> seen;
  const auto read = [&] {
    for (auto&& item : results) seen.push_back(item.index);
  };
  EXPECT_THROW(read(), muster::TimeoutError);
  EXPECT_EQ(seen, std::vector<std::size_t>{0});
  gate.open();
  pool.shutdown();
  EXPECT_EQ(began.values(), (std::vector<std::int64_t>{0, 1}));
}

// Behaviour 156.
TYPED_TEST(MapUnordered, ReadsEndlessInputsLazily) {
  auto pool = test_support::make_pool<TypeParam>(2);
  std::size_t seen = 0;
  for (auto&& [index, result] :
       pool.map_unordered({.buffersize = 3}, &sum, std::views::iota(0), std::views::iota(0))) {
    EXPECT_EQ(result, 2 * static_cast<int>(index));
    EXPECT_LT(index, seen + 3);
    if (++seen == 20) break;
  }
}

// Behaviour 156.
TYPED_TEST(MapUnordered, EndedEarlyCancelsTheRest) {
  SharedGate gate;
  SharedCounter began;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  {
    const auto results = pool.map_unordered(
        {.chunksize = 1},
        [=](int x) {
          began.add();
          gate.wait();
          return x;
        },
        std::views::iota(0, 10));
    began.wait_at_least(1);
  }
  gate.open();
  pool.shutdown();
  EXPECT_EQ(began.value(), 1);
}

}  // namespace
