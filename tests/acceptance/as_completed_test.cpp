// muster::as_completed over futures of both pools.

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/counted.hpp"
#include "support/future_states.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/single_pass_source.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using test_support::Counted;
using test_support::OpensAtExit;
using test_support::promise_in;
using test_support::same_futures;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SinglePassSource;
using test_support::State;

using Futures = std::vector<muster::Future<int>>;

int product(int a, int b) { return a * b; }

// What the range yields until its end, or until it throws TimeoutError, whose message is kept.
template <class Range>
Futures read(Range&& range, std::string* timed_out = nullptr) {
  Futures yielded;
  try {
    for (auto&& future : range) yielded.push_back(future);
  } catch (const muster::TimeoutError& error) {
    if (timed_out == nullptr) throw;
    *timed_out = error.what();
  }
  return yielded;
}

template <class Pool>
class AsCompleted : public testing::Test {};
TYPED_TEST_SUITE(AsCompleted, test_support::Pools, test_support::PoolNames);

// Behaviours 32 and 1c.1.
TYPED_TEST(AsCompleted, YieldsEveryFutureHoweverItEnds) {
  auto pool = test_support::make_pool<TypeParam>(2);
  const auto cancelled = promise_in(State::cancelled);
  const auto failed = promise_in(State::failed);
  const auto succeeded = promise_in(State::succeeded);
  const Futures all = {cancelled.future(),
                       failed.future(),
                       succeeded.future(),
                       pool.submit(&product, 2, 21),
                       pool.submit([]() -> int { throw std::domain_error("this task fails"); }),
                       pool.submit(&product, 7, 6)};
  const Futures yielded = read(muster::as_completed(all));
  EXPECT_TRUE(same_futures(yielded, all));
  EXPECT_TRUE(std::all_of(yielded.begin(), yielded.end(),
                          [](const auto& future) { return future.done(); }));
}

// Behaviour 32.
TYPED_TEST(AsCompleted, YieldsThemAsTheyEnd) {
  SharedGate gates[3];
  auto pool = test_support::make_pool<TypeParam>(3);
  const OpensAtExit release0(gates[0]);
  const OpensAtExit release1(gates[1]);
  const OpensAtExit release2(gates[2]);
  Futures futures;
  for (int i = 0; i < 3; ++i) {
    futures.push_back(pool.submit([i, gate = gates[i]] {
      gate.wait();
      return i;
    }));
  }
  std::vector<int> order;
  gates[1].open();
  for (const auto& future : muster::as_completed(futures)) {
    order.push_back(future.result());
    gates[order.size() == 1 ? 2 : 0].open();
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 0}));
}

// Behaviour 1c.1.
TYPED_TEST(AsCompleted, YieldsWhatIsCancelledMeanwhile) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  Futures queued;
  for (int i = 0; i < 3; ++i) queued.push_back(pool.submit(&product, i, i));
  EXPECT_TRUE(queued[2].cancel());
  std::size_t yielded = 0;
  for (const auto& future : muster::as_completed(queued)) {
    EXPECT_TRUE(future.cancelled());
    ++yielded;
    EXPECT_TRUE(queued[0].cancel());
    EXPECT_TRUE(queued[1].cancel());
  }
  EXPECT_EQ(yielded, 3U);
}

// Behaviour 33.
TYPED_TEST(AsCompleted, YieldsAllThatIsDoneBeforeItTimesOut) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  const auto cancelled = promise_in(State::cancelled);
  const auto failed = promise_in(State::failed);
  const auto succeeded = promise_in(State::succeeded);
  const auto quick = pool.submit(&product, 6, 7);
  quick.result();
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  const Futures ended = {cancelled.future(), failed.future(), succeeded.future(), quick};
  Futures all = ended;
  all.insert(all.begin(), blocked);
  for (const auto timeout : {0ms, 100ms}) {
    std::string message;
    EXPECT_TRUE(same_futures(read(muster::as_completed(all, timeout), &message), ended));
    EXPECT_NE(message, "");
  }
}

// Behaviour 34.
TYPED_TEST(AsCompleted, YieldsAFutureGivenTwiceOnce) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const auto ended = promise_in(State::succeeded);
  const auto future = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  auto range = muster::as_completed(Futures{future, ended.future(), future, ended.future()});
  gate.open();
  EXPECT_TRUE(same_futures(read(range), {future, ended.future()}));
}

// Behaviour 34.
TYPED_TEST(AsCompleted, ReadsAnyInputRangeOfFutures) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto future = pool.submit(&product, 6, 7);
  int left = 3;
  SinglePassSource<muster::Future<int>> source([&]() -> std::optional<muster::Future<int>> {
    if (left-- == 0) return std::nullopt;
    return future;
  });
  EXPECT_TRUE(same_futures(read(muster::as_completed(source)), {future}));

  const muster::Future<int> array[] = {future};
  EXPECT_TRUE(same_futures(read(muster::as_completed(array)), {future}));
  EXPECT_TRUE(read(muster::as_completed(Futures{})).empty());
}

// Behaviour 36.
TYPED_TEST(AsCompleted, SaysHowManyWereUnfinishedWhenItTimesOut) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const auto task = [gate] {
    gate.wait();
    return 0;
  };
  const auto first = promise_in(State::succeeded);
  const auto second = promise_in(State::succeeded);
  const Futures all = {first.future(), pool.submit(task), second.future(), pool.submit(task)};
  std::string message;
  EXPECT_EQ(read(muster::as_completed(all, 0s), &message).size(), 2U);
  EXPECT_NE(message.find("2 (of 4) futures unfinished"), std::string::npos) << message;
}

// Behaviour 35.
TEST(AsCompletedReferences, AreReleasedOnceYielded) {
  constexpr int kFutures = 5;
  SharedCounter alive;
  std::vector<muster::Future<Counted>> futures;
  for (int i = 0; i < kFutures; ++i) {
    muster::Promise<Counted> promise;
    promise.set_result(Counted(alive));
    futures.push_back(promise.future());
  }
  EXPECT_EQ(alive.value(), kFutures);
  int yielded = 0;
  auto range = muster::as_completed(std::move(futures));
  futures.clear();
  for (auto it = range.begin(); it != range.end(); ++it) {
    // The one that the iterator stands on, and those to come.
    EXPECT_EQ(alive.value(), kFutures - yielded);
    ++yielded;
  }
  EXPECT_EQ(yielded, kFutures);
  EXPECT_EQ(alive.value(), 0);
}

}  // namespace
