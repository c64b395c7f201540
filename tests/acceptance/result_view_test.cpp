// Results looked at where they arrived.

#include <concepts>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;

std::vector<double> numbers(std::size_t count) {
  std::vector<double> all(count);
  std::iota(all.begin(), all.end(), 0.0);
  return all;
}

constexpr std::size_t kLarge = 1 << 17;

template <class F>
concept HasView = requires(F future) { std::forward<F>(future).view(); };
static_assert(
    std::same_as<decltype(std::declval<Future<std::vector<int>>&>().view()), std::span<const int>>);
static_assert(
    std::same_as<decltype(std::declval<Future<std::string>&>().view()), std::string_view>);
static_assert(!HasView<Future<std::vector<int>>>, "a view of what is gone");
static_assert(!HasView<Future<std::vector<bool>>&>, "its elements are no objects");
static_assert(!HasView<Future<std::vector<std::string>>&>, "its elements are made when decoded");
static_assert(!HasView<Future<int>&>);

template <class Pool>
class ResultView : public testing::Test {};
TYPED_TEST_SUITE(ResultView, test_support::Pools, test_support::PoolNames);

TYPED_TEST(ResultView, IsOfTheElements) {
  auto pool = test_support::make_pool<TypeParam>(1);
  for (const std::size_t count : {std::size_t{0}, std::size_t{3}, kLarge}) {
    const auto future = pool.submit(numbers, count);
    const std::span<const double> view = future.view();
    ASSERT_EQ(view.size(), count);
    EXPECT_EQ(std::accumulate(view.begin(), view.end(), 0.0),
              static_cast<double>(count) * (static_cast<double>(count) - 1) / 2);
  }
}

TYPED_TEST(ResultView, OfAStringIsOne) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto future = pool.submit([] { return std::string(1000, 'x') + "y"; });
  EXPECT_EQ(future.view().size(), 1001U);
  EXPECT_TRUE(future.view().ends_with("xy"));
}

TYPED_TEST(ResultView, StaysWhereItIsAlsoWhenTheResultIsTaken) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto future = pool.submit(numbers, kLarge);
  const std::span<const double> view = future.view();
  EXPECT_EQ(future.result(), numbers(kLarge));
  EXPECT_EQ(future.view().data(), view.data());
  EXPECT_EQ(view[kLarge - 1], kLarge - 1);
}

TYPED_TEST(ResultView, ThrowsWhatTheTaskThrew) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto future = pool.submit([]() -> std::vector<int> { throw std::out_of_range("no"); });
  EXPECT_THROW((void)future.view(), std::out_of_range);
  EXPECT_THROW((void)future.view(), std::out_of_range);
}

TYPED_TEST(ResultView, OfACancelledTaskIsItsError) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const test_support::SharedGate gate;
  auto first = pool.submit([gate] { gate.wait(); });
  auto second = pool.submit(numbers, std::size_t{5});
  EXPECT_THROW((void)second.view(std::chrono::milliseconds(1)), muster::TimeoutError);
  EXPECT_TRUE(second.cancel());
  EXPECT_THROW((void)second.view(), muster::CancelledError);
  gate.open();
  first.result();
}

TEST(ResultViewOfAPromise, IsOfItsValue) {
  muster::Promise<std::vector<int>> promise;
  const auto future = promise.future();
  promise.set_result({1, 2, 3});
  EXPECT_EQ(future.view()[2], 3);
  EXPECT_EQ(future.view().data(), future.result().data());
}

TEST(ResultViewOfAProcess, IsNoCopy) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto future = pool.submit(numbers, kLarge);
  const auto view = future.view();
  EXPECT_NE(static_cast<const void*>(view.data()), future.result().data());
}

TEST(ResultViewOfAProcess, AfterTheResultIsOfThat) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto future = pool.submit(numbers, kLarge);
  const double* const taken = future.result().data();
  EXPECT_EQ(future.view().data(), taken);
}

// An error's bytes lie where no value was made: in what the memory was used for before there may be
// addresses.
TEST(ResultViewOfAProcess, OfAnErrorThatNobodyHasReadLeavesItsBytesOnce) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto fails = [](int) -> std::vector<double> { throw std::runtime_error("as it should"); };
  for (int i = 0; i < 100; ++i) {
    {
      const Future<std::vector<double>> read = pool.submit(numbers, 100);
      EXPECT_EQ(read.result().size(), 100U);
    }
    const Future<std::vector<double>> unread = pool.submit(fails, i);
    muster::wait(std::vector{unread});
  }
  EXPECT_EQ(pool.submit(numbers, 3).result().size(), 3U);
}

TEST(ResultViewOfAProcess, IsKeptWhileOthersComeAndItsWorkerDies) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  const auto future = pool.submit(numbers, kLarge);
  const auto view = future.view();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(pool.submit(numbers, kLarge).result().size(), kLarge);
    if (i == 10) {
      auto death = pool.submit(test_support::end_worker, test_support::End::killed);
      test_support::failure_of<muster::WorkerDiedError>(death);
    }
  }
  EXPECT_EQ(std::vector<double>(view.begin(), view.end()), numbers(kLarge));
}

TEST(ResultViewOfAProcess, OutlivesThePool) {
  std::optional<ProcessPoolExecutor> pool(std::in_place,
                                          muster::ProcessPoolOptions{.max_workers = 1});
  const auto seen = pool->submit(numbers, kLarge);
  const auto unseen = pool->submit(numbers, kLarge);
  const auto view = seen.view();
  muster::wait(std::vector{unseen});
  pool.reset();
  EXPECT_EQ(view[kLarge - 1], kLarge - 1);
  EXPECT_EQ(unseen.view()[kLarge - 1], kLarge - 1);
}

// One looks, one takes the result, in either order.
TEST(ResultViewOfAProcess, OfSeveralThreadsAtOnceIsOfTheElements) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 200; ++i) {
    const auto future = pool.submit(numbers, std::size_t{1000});
    muster::wait(std::vector{future});
    double taken = 0;
    std::thread other([&future, &taken] { taken = future.result()[999]; });
    const double seen = future.view()[999];
    other.join();
    ASSERT_EQ(seen, 999);
    ASSERT_EQ(taken, 999);
  }
}

}  // namespace
