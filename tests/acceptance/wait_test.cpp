// muster::wait over futures of both pools.

#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/future_states.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::ReturnWhen;
using test_support::OpensAtExit;
using test_support::promise_in;
using test_support::same_futures;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::State;

using Futures = std::vector<muster::Future<int>>;

int product(int a, int b) { return a * b; }
int fails() { throw std::domain_error("this task fails"); }

// One future in each state in which it is done.
struct Finished {
  muster::Promise<int> cancelled = promise_in(State::cancelled);
  muster::Promise<int> failed = promise_in(State::failed);
  muster::Promise<int> succeeded = promise_in(State::succeeded);
};

template <class Pool>
class Wait : public testing::Test {};
TYPED_TEST_SUITE(Wait, test_support::Pools, test_support::PoolNames);

// Behaviour 23.
TYPED_TEST(Wait, ReportsAFutureGivenTwiceOnce) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto future = pool.submit(&product, 6, 7);
  for (const auto when :
       {ReturnWhen::all_completed, ReturnWhen::first_completed, ReturnWhen::first_exception}) {
    const auto [done, not_done] = muster::wait(Futures{future, future}, {.return_when = when});
    EXPECT_TRUE(same_futures(done, {future}));
    EXPECT_TRUE(not_done.empty());
  }
}

// Behaviour 24.
TYPED_TEST(Wait, ForTheFirstReturnsWithTheOneThatEnded) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  const auto quick = pool.submit(&product, 21, 2);
  const auto [done, not_done] =
      muster::wait(Futures{blocked, quick}, {.return_when = ReturnWhen::first_completed});
  EXPECT_TRUE(same_futures(done, {quick}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviour 25.
TYPED_TEST(Wait, ForTheFirstReturnsAtOnceWithAllThatAreDone) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const Finished finished;
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  const auto [done, not_done] =
      muster::wait(Futures{finished.cancelled.future(), finished.succeeded.future(), blocked,
                           finished.failed.future()},
                   {.return_when = ReturnWhen::first_completed});
  EXPECT_TRUE(same_futures(
      done, {finished.cancelled.future(), finished.succeeded.future(), finished.failed.future()}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviours 24 and 1c.1.
TYPED_TEST(Wait, CountsACancelledFutureAsDone) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  auto queued = pool.submit(&product, 2, 3);
  EXPECT_TRUE(queued.cancel());
  for (const auto when : {ReturnWhen::first_completed, ReturnWhen::all_completed}) {
    const auto [done, not_done] = muster::wait(Futures{queued}, {.return_when = when});
    EXPECT_TRUE(same_futures(done, {queued}));
    EXPECT_TRUE(not_done.empty());
  }
  const auto [done, not_done] =
      muster::wait(Futures{blocked, queued}, {.return_when = ReturnWhen::first_completed});
  EXPECT_TRUE(same_futures(done, {queued}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviour 1c.1.
TYPED_TEST(Wait, IsWokenByCancel) {
  SharedGate gate;
  SharedGate waiting;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  auto queued = pool.submit(&product, 2, 3);
  std::thread waiter([&] {
    waiting.open();
    const auto result =
        muster::wait(Futures{blocked, queued}, {.return_when = ReturnWhen::first_completed});
    EXPECT_TRUE(same_futures(result.done, {queued}));
  });
  waiting.wait();
  EXPECT_TRUE(queued.cancel());
  waiter.join();
}

// Behaviour 26.
TYPED_TEST(Wait, ForTheFirstExceptionReturnsWithItAndWhatEndedBefore) {
  SharedGate gate;
  SharedGate first_seen;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  const OpensAtExit release_first(first_seen);
  const auto value = pool.submit(&product, 2, 21);
  const auto failing = pool.submit([first_seen]() -> int {
    first_seen.wait();
    throw std::domain_error("this task fails");
  });
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  value.result();
  first_seen.open();
  const auto [done, not_done] =
      muster::wait(Futures{value, failing, blocked}, {.return_when = ReturnWhen::first_exception});
  EXPECT_TRUE(same_futures(done, {value, failing}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviour 27.
TYPED_TEST(Wait, ForTheFirstExceptionIsNotEndedByASuccessOrACancel) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  const Finished finished;
  const auto failing = pool.submit(&fails);
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  const auto [done, not_done] = muster::wait(
      Futures{finished.succeeded.future(), finished.cancelled.future(), failing, blocked},
      {.return_when = ReturnWhen::first_exception});
  EXPECT_TRUE(
      same_futures(done, {finished.succeeded.future(), finished.cancelled.future(), failing}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviour 28.
TYPED_TEST(Wait, ForTheFirstExceptionReturnsAtOnceWhereOneFailedAlready) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const auto failed = promise_in(State::failed);
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  const auto [done, not_done] =
      muster::wait(Futures{failed.future(), blocked}, {.return_when = ReturnWhen::first_exception});
  EXPECT_TRUE(same_futures(done, {failed.future()}));
  EXPECT_TRUE(same_futures(not_done, {blocked}));
}

// Behaviour 29.
TYPED_TEST(Wait, ForAllReturnsWithAll) {
  auto pool = test_support::make_pool<TypeParam>(2);
  const Finished finished;
  const Futures all = {finished.cancelled.future(), finished.failed.future(),
                       finished.succeeded.future(), pool.submit(&fails),
                       pool.submit(&product, 2, 21)};
  const auto by_default = muster::wait(all);
  EXPECT_TRUE(same_futures(by_default.done, all));
  EXPECT_TRUE(by_default.not_done.empty());
  const auto asked_for = muster::wait(all, {.return_when = ReturnWhen::all_completed});
  EXPECT_TRUE(same_futures(asked_for.done, all));
  EXPECT_TRUE(asked_for.not_done.empty());
}

// Behaviour 30.
TYPED_TEST(Wait, ThatRunsOutOfTimeReturnsWhatItHas) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(2);
  const OpensAtExit release(gate);
  const Finished finished;
  const auto quick = pool.submit(&product, 6, 7);
  const auto blocked = pool.submit([gate] {
    gate.wait();
    return 0;
  });
  quick.result();
  const Futures ended = {finished.cancelled.future(), finished.failed.future(),
                         finished.succeeded.future(), quick};
  Futures all = ended;
  all.push_back(blocked);
  for (const auto timeout : {0ms, 10ms}) {
    const auto [done, not_done] = muster::wait(all, {.timeout = timeout});
    EXPECT_TRUE(same_futures(done, ended));
    EXPECT_TRUE(same_futures(not_done, {blocked}));
  }
}

TYPED_TEST(Wait, ForNothingReturnsAtOnce) {
  for (const auto when :
       {ReturnWhen::all_completed, ReturnWhen::first_completed, ReturnWhen::first_exception}) {
    const auto [done, not_done] = muster::wait(Futures{}, {.return_when = when});
    EXPECT_TRUE(done.empty());
    EXPECT_TRUE(not_done.empty());
  }
}

// Behaviour 31.
TYPED_TEST(Wait, ForAllOfManyThatEndTogetherNeverHangs) {
  auto pool = test_support::make_pool<TypeParam>(4);
  for (int round = 0; round < 20; ++round) {
    SharedGate gate;
    const OpensAtExit release(gate);
    Futures futures;
    for (int i = 0; i < 100; ++i) {
      futures.push_back(pool.submit([gate] {
        gate.wait();
        return 1;
      }));
    }
    // Two waiters for the same futures, one of which starts while they end.
    std::thread other([&futures] { EXPECT_EQ(muster::wait(futures).done.size(), 100U); });
    gate.open();
    EXPECT_EQ(muster::wait(futures).done.size(), 100U);
    other.join();
  }
}

}  // namespace
