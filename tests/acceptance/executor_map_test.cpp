// map: results in the order of the inputs, each with its own outcome; deadlines and early ends.

#include <list>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/single_pass_source.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::MapOptions;
using test_support::OpensAtExit;
using test_support::PoolOf;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;
using test_support::SinglePassSource;

using Numbers = std::vector<int>;

int power(int base, int exponent) {
  int result = 1;
  while (exponent-- > 0) result *= base;
  return result;
}

std::pair<int, int> divide(int a, int b) {
  if (b == 0) throw std::domain_error("division by zero");
  return {a / b, a % b};
}

template <class Results>
auto read_all(Results&& results) {
  std::vector<std::ranges::range_value_t<Results>> values;
  for (auto&& value : results) values.push_back(value);
  return values;
}

template <class Kind>
class Map : public testing::Test {};
TYPED_TEST_SUITE(Map, test_support::PoolViews, test_support::PoolViewNames);

// Behaviour 39.
TYPED_TEST(Map, GivesWhatASerialLoopGives) {
  PoolOf<TypeParam> owner(2);
  auto& pool = owner.view();
  Numbers expected;
  for (int i = 0; i < 10; ++i) expected.push_back(power(i, i % 4));
  const auto bases = std::views::iota(0, 10);
  const auto exponents = bases | std::views::transform([](int i) { return i % 4; });
  EXPECT_EQ(read_all(pool.map(&power, bases, exponents)), expected);
  EXPECT_EQ(read_all(pool.map(MapOptions{.chunksize = 3}, &power, bases, exponents)), expected);
  EXPECT_EQ(read_all(pool.map({.chunksize = 3}, &power, bases, exponents)), expected);
}

// Behaviour 39.
TYPED_TEST(Map, EndsWithTheShortestOfSeveralInputs) {
  PoolOf<TypeParam> owner(2);
  auto& pool = owner.view();
  const std::list<std::string> texts = {"a", "b", "c"};
  const auto join = [](const std::string& text, int number, char letter) {
    return text + std::to_string(number) + letter;
  };
  const std::vector<std::string> expected = {"a0x", "b1y"};
  for (const std::size_t chunksize : {0U, 1U, 3U}) {
    EXPECT_EQ(read_all(pool.map({.chunksize = chunksize}, join, texts, std::views::iota(0),
                                std::string("xy"))),
              expected);
  }
}

// Behaviour 156: one range of tuples in place of several ranges.
TYPED_TEST(Map, AppliesAFunctionToTuples) {
  PoolOf<TypeParam> owner(2);
  const std::vector<std::tuple<int, int>> inputs = {{2, 3}, {3, 2}, {10, 3}};
  EXPECT_EQ(read_all(owner.view().map(
                [](std::tuple<int, int> input) { return std::apply(&power, input); }, inputs)),
            (Numbers{8, 9, 1000}));
}

// Behaviours 40 and 1c.4.
TYPED_TEST(Map, GoesOnAfterAnItemThatFailed) {
  PoolOf<TypeParam> owner(2);
  for (const std::size_t chunksize : {0U, 1U, 3U, 5U}) {
    SCOPED_TRACE(chunksize);
    auto results = owner.view().map({.chunksize = chunksize}, &divide, Numbers{1, 1, 1, 1},
                                    Numbers{2, 3, 0, 5});
    auto it = results.begin();
    EXPECT_EQ(*it, std::pair(0, 1));
    ++it;
    EXPECT_EQ(*it, std::pair(0, 1));
    ++it;
    ASSERT_FALSE(it == results.end());
    EXPECT_THROW(static_cast<void>(*it), std::domain_error);
    ++it;
    ASSERT_FALSE(it == results.end());
    EXPECT_EQ(*it, std::pair(0, 1));
    ++it;
    EXPECT_TRUE(it == results.end());
    EXPECT_TRUE(it == results.end());
  }
}

// Behaviours 40 and 1c.4.
TYPED_TEST(Map, GivesOutcomesThatNeverThrow) {
  PoolOf<TypeParam> owner(2);
  for (const std::size_t chunksize : {0U, 1U, 3U}) {
    SCOPED_TRACE(chunksize);
    auto results = owner.view().map({.chunksize = chunksize}, &divide, Numbers{1, 7, 1, 9},
                                    Numbers{0, 3, 0, 5});
    std::string seen;
    for (auto&& outcome : results.outcomes()) {
      if (outcome.has_value()) {
        EXPECT_EQ(outcome.exception(), nullptr);
        seen += std::to_string(outcome.value().first) + " ";
      } else {
        EXPECT_THROW(std::rethrow_exception(outcome.exception()), std::domain_error);
        EXPECT_THROW(static_cast<void>(outcome.value()), std::domain_error);
        seen += "error ";
      }
    }
    EXPECT_EQ(seen, "error 2 error 1 ");
  }
}

// Behaviour 41.
TYPED_TEST(Map, TellsATimeoutThrownByATaskFromItsOwn) {
  PoolOf<TypeParam> owner(1);
  const auto task = [](int x) {
    if (x == 1) throw muster::TimeoutError("the task's own timeout");
    return x;
  };
  const std::optional<muster::Duration> timeouts[] = {std::nullopt, 1h};
  for (const auto& timeout : timeouts) {
    auto results = owner.view().map({.timeout = timeout}, task, Numbers{0, 1, 2});
    auto it = results.begin();
    EXPECT_EQ(*it, 0);
    ++it;
    try {
      static_cast<void>(*it);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const muster::TimeoutError& error) {
      EXPECT_STREQ(error.what(), "the task's own timeout");
    }
    ++it;
    ASSERT_FALSE(it == results.end());
    EXPECT_EQ(*it, 2);
    ++it;
    EXPECT_TRUE(it == results.end());
  }
}

// Behaviour 42.
TYPED_TEST(Map, ThatRunsOutOfTimeThrowsAndCancelsTheRest) {
  SharedGate gate;
  SharedLog began;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  auto results = owner.view().map(
      {.chunksize = 1, .timeout = 20ms},
      [=](int x) {
        began.add(x);
        if (x == 1) gate.wait();
        return x;
      },
      Numbers{0, 1, 2, 3});
  began.wait_for_size(2);  // one worker: the first item has ended
  auto it = results.begin();
  EXPECT_EQ(*it, 0);
  ++it;
  EXPECT_THROW(static_cast<void>(*it), muster::TimeoutError);
  ++it;
  EXPECT_TRUE(it == results.end());
  gate.open();
  owner.pool().shutdown();
  EXPECT_EQ(began.values(), (std::vector<std::int64_t>{0, 1}));
}

// Behaviour 44.
TYPED_TEST(Map, ThatRunsOutOfTimeCancelsTheItemItWaitedFor) {
  SharedGate gate;
  SharedCounter ran;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  auto busy = owner.view().submit([gate] { gate.wait(); });
  auto results = owner.view().map(
      {.timeout = 10ms},
      [ran](int) {
        ran.add();
        return 0;
      },
      Numbers{0, 1, 2});
  EXPECT_THROW(static_cast<void>(*results.begin()), muster::TimeoutError);
  gate.open();
  owner.pool().shutdown();
  EXPECT_EQ(ran.value(), 0);
}

// Behaviour 43.
TYPED_TEST(Map, EndedEarlyCancelsTheRest) {
  SharedGate gate;
  SharedLog began;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  {
    auto results = owner.view().map(
        {.chunksize = 1},
        [=](int x) {
          began.add(x);
          if (x == 1) gate.wait();
          return x;
        },
        std::views::iota(0, 10));
    EXPECT_EQ(*results.begin(), 0);
    began.wait_for_size(2);
  }
  gate.open();
  owner.pool().shutdown();
  EXPECT_EQ(began.values(), (std::vector<std::int64_t>{0, 1}));
}

// Behaviour 43, with chunks: the chunk that runs stops after its current item.
TYPED_TEST(Map, EndedEarlyCancelsTheRestOfAChunk) {
  SharedGate gate;
  SharedLog began;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  {
    const auto results = owner.view().map(
        {.chunksize = 5},
        [=](int x) {
          began.add(x);
          if (x == 1) gate.wait();
          return x;
        },
        std::views::iota(0, 20));
    began.wait_for_size(2);
  }
  gate.open();
  owner.pool().shutdown();
  EXPECT_EQ(began.values(), (std::vector<std::int64_t>{0, 1}));
}

// Behaviour 45.
TYPED_TEST(Map, SubmitsAtOnce) {
  SharedCounter ran;
  PoolOf<TypeParam> owner(2);
  const auto results = owner.view().map(
      [ran](int) {
        ran.add();
        return 0;
      },
      std::views::iota(0, 4));
  ran.wait_at_least(4);  // with nobody iterating
  owner.pool().shutdown();
  EXPECT_EQ(ran.value(), 4);
}

// Behaviour 45: a range that is discarded cancels what has not started.
TYPED_TEST(Map, DiscardedRunsNothingMore) {
  SharedGate gate;
  SharedCounter ran;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  auto busy = owner.view().submit([gate] { gate.wait(); });
  static_cast<void>(owner.view().map(
      [ran](int) {
        ran.add();
        return 0;
      },
      std::views::iota(0, 4)));
  gate.open();
  owner.pool().shutdown();
  EXPECT_EQ(ran.value(), 0);
}

// Behaviour 133.
TYPED_TEST(Map, PassesOnWhatItsInputThrows) {
  PoolOf<TypeParam> owner(2);
  auto& pool = owner.view();
  const auto square = [](int x) { return x * x; };
  const auto throwing_source = [](int good) {
    return SinglePassSource<int>([next = 0, good]() mutable -> std::optional<int> {
      if (next == good) throw std::out_of_range("the input broke");
      return next++;
    });
  };
  for (const int good : {0, 3}) {
    for (const std::size_t chunksize : {0U, 1U, 2U}) {
      EXPECT_THROW(
          static_cast<void>(pool.map({.chunksize = chunksize}, square, throwing_source(good))),
          std::out_of_range);
    }
    // Read lazily, it throws where it is read; what was read before has its results.
    Numbers values;
    const auto read_lazily = [&] {
      for (const int x : pool.map({.buffersize = 1}, square, throwing_source(good))) {
        values.push_back(x);
      }
    };
    EXPECT_THROW(read_lazily(), std::out_of_range);
    EXPECT_LE(values.size(), static_cast<std::size_t>(good));
  }
  EXPECT_EQ(read_all(pool.map(square, Numbers{1, 2, 3})), (Numbers{1, 4, 9}));
}

}  // namespace
