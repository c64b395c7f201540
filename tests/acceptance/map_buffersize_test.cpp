// map with buffersize: inputs are read as results are taken.

#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/single_pass_source.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::OpensAtExit;
using test_support::PoolOf;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SinglePassSource;

using Numbers = std::vector<int>;

int square(int x) { return x * x; }
int sum(int a, int b) { return a + b; }

template <class Results>
Numbers read(Results&& results, std::size_t most = static_cast<std::size_t>(-1)) {
  Numbers values;
  for (auto&& value : results) {
    values.push_back(value);
    if (values.size() == most) break;
  }
  return values;
}

template <class Kind>
class Buffersize : public testing::Test {};
TYPED_TEST_SUITE(Buffersize, test_support::PoolViews, test_support::PoolViewNames);

// Behaviours 46 and 47.
TYPED_TEST(Buffersize, ThatMakesNoSenseIsRefused) {
  PoolOf<TypeParam> owner(1);
  auto& pool = owner.view();
  try {
    static_cast<void>(
        pool.map({.buffersize = static_cast<std::size_t>(-1)}, &square, Numbers{1, 2}));
    ADD_FAILURE() << "it was taken";
  } catch (const muster::InvalidArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("buffersize"), std::string::npos) << error.what();
  }
}

// What is read after the pool has ended was never submitted.
TYPED_TEST(Buffersize, OutlivesThePoolAndThenThrows) {
  std::optional<muster::MapResults<int>> results;
  {
    PoolOf<TypeParam> owner(1);
    results.emplace(owner.view().map({.buffersize = 2}, &square, Numbers(100, 3)));
  }
  EXPECT_THROW(read(*results), muster::ShutdownError);
}

// Behaviours 47 and 48.
TYPED_TEST(Buffersize, OfAnySizeGivesAllResults) {
  PoolOf<TypeParam> owner(2);
  const Numbers inputs = {2, 3, 5, 7};
  for (const std::size_t buffersize : {0U, 1U, 2U, 4U, 8U}) {
    SCOPED_TRACE(buffersize);
    EXPECT_EQ(read(owner.view().map({.buffersize = buffersize}, &square, inputs)),
              (Numbers{4, 9, 25, 49}));
    EXPECT_EQ(read(owner.view().map({.chunksize = 2, .buffersize = buffersize}, &square, inputs)),
              (Numbers{4, 9, 25, 49}));
  }
}

// Behaviour 49.
TYPED_TEST(Buffersize, GoesWithSeveralInputs) {
  PoolOf<TypeParam> owner(2);
  const Numbers inputs = {0, 1, 2, 3};
  for (const std::size_t buffersize : {1U, 2U, 4U, 8U}) {
    SCOPED_TRACE(buffersize);
    EXPECT_EQ(
        read(owner.view().map({.buffersize = buffersize}, &sum, inputs, std::views::iota(10))),
        (Numbers{10, 12, 14, 16}));
  }
}

// Behaviour 50.
TYPED_TEST(Buffersize, LetsInputsBeEndless) {
  PoolOf<TypeParam> owner(2);
  EXPECT_EQ(read(owner.view().map({.buffersize = 2}, &square, std::views::iota(0)), 5),
            (Numbers{0, 1, 4, 9, 16}));
  EXPECT_EQ(
      read(owner.view().map({.buffersize = 2}, &sum, std::views::iota(0), std::views::iota(5)), 4),
      (Numbers{5, 7, 9, 11}));
}

// Behaviour 51.
TYPED_TEST(Buffersize, OfNoInputGivesNoResult) {
  PoolOf<TypeParam> owner(1);
  for (const std::size_t buffersize : {0U, 1U, 4U}) {
    EXPECT_TRUE(read(owner.view().map({.buffersize = buffersize}, &square, Numbers{})).empty());
    EXPECT_TRUE(
        read(owner.view().map({.buffersize = buffersize}, &sum, Numbers{}, std::views::iota(0)))
            .empty());
  }
}

template <class Pool>
concept MapsWithoutInputs =
    requires(Pool& pool, int (*task)()) { pool.map(muster::MapOptions{}, task); };

// Behaviour 52: a map over no range at all is empty, or does not compile.
template <class Pool>
void expect_nothing_without_inputs(Pool& pool) {
  if constexpr (MapsWithoutInputs<Pool>) {
    int (*task)() = [] { return 1; };
    EXPECT_TRUE(read(pool.map({.buffersize = 1}, task)).empty());
    EXPECT_TRUE(read(pool.map({.buffersize = 0}, task)).empty());
  }
}

// Behaviour 52.
TYPED_TEST(Buffersize, WithoutInputsGivesNoResult) {
  PoolOf<TypeParam> owner(1);
  expect_nothing_without_inputs(owner.view());
}

// Behaviour 53.
TYPED_TEST(Buffersize, IsHowManyInputsAreReadAhead) {
  PoolOf<TypeParam> owner(2);
  for (const std::size_t buffersize : {1U, 2U, 5U}) {
    SCOPED_TRACE(buffersize);
    std::size_t taken = 0;
    SinglePassSource<int> source(
        [&taken]() -> std::optional<int> { return static_cast<int>(taken++); });
    auto results = owner.view().map({.buffersize = buffersize}, &square, source);
    EXPECT_EQ(taken, buffersize);
    auto it = results.begin();
    EXPECT_EQ(*it, 0);
    ++it;
    EXPECT_EQ(*it, 1);
    ++it;
    EXPECT_EQ(*it, 4);
    // One more for each result that was taken, and not a single one beyond.
    EXPECT_GE(taken, buffersize + 2);
    EXPECT_LE(taken, buffersize + 3);
  }
}

// Behaviour 53: nor do more run than were read.
TYPED_TEST(Buffersize, IsHowManyAreInFlight) {
  SharedGate gate;
  SharedCounter began;
  PoolOf<TypeParam> owner(4);
  const OpensAtExit release(gate);
  std::size_t taken = 0;
  SinglePassSource<int> source(
      [&taken]() -> std::optional<int> { return static_cast<int>(taken++); });
  auto results = owner.view().map(
      {.buffersize = 2},
      [=](int x) {
        began.add();
        gate.wait();
        return x;
      },
      source);
  began.wait_at_least(2);
  EXPECT_EQ(taken, 2U);
  gate.open();
  EXPECT_EQ(*results.begin(), 0);
}

}  // namespace
