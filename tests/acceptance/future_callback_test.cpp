// Callbacks of futures: with promises, whose state the test decides, and with both pools.

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/captured_log.hpp"
#include "support/future_states.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::CapturedLog;
using test_support::kValue;
using test_support::OpensAtExit;
using test_support::promise_in;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;
using test_support::State;
using test_support::TestError;

// Whether the future holds a TestError.
bool holds_test_error(const muster::Future<int>& future) {
  const std::exception_ptr error = future.exception();
  if (error == nullptr) return false;
  try {
    std::rethrow_exception(error);
  } catch (const TestError&) {
    return true;
  }
}

// Behaviour 1.
TEST(FutureCallback, SeesTheResult) {
  muster::Promise<int> promise;
  SharedLog results;
  promise.future().add_done_callback(
      [results](muster::Future<int> future) { results.add(future.result()); });
  EXPECT_EQ(results.size(), 0U);
  promise.set_result(kValue);
  results.wait_for_size(1);
  EXPECT_EQ(results.values(), std::vector<std::int64_t>{kValue});
}

// Behaviour 2.
TEST(FutureCallback, SeesTheException) {
  muster::Promise<int> promise;
  SharedLog seen;
  promise.future().add_done_callback(
      [seen](muster::Future<int> future) { seen.add(holds_test_error(future) ? 1 : 0); });
  promise.set_exception(std::make_exception_ptr(TestError()));
  seen.wait_for_size(1);
  EXPECT_EQ(seen.values(), std::vector<std::int64_t>{1});
}

// Behaviour 3.
TEST(FutureCallback, SeesTheCancellation) {
  muster::Promise<int> promise;
  SharedLog seen;
  promise.future().add_done_callback(
      [seen](muster::Future<int> future) { seen.add(future.cancelled() ? 1 : 0); });
  EXPECT_TRUE(promise.future().cancel());
  seen.wait_for_size(1);
  EXPECT_EQ(seen.values(), std::vector<std::int64_t>{1});
}

// Behaviour 4.
TEST(FutureCallback, ThatThrowsIsLoggedAndTheNextOneStillRuns) {
  const CapturedLog log;
  muster::Promise<int> promise;
  SharedLog ran;
  promise.future().add_done_callback([ran](const muster::Future<int>&) {
    ran.add(1);
    throw std::runtime_error("thrown by the first callback");
  });
  promise.future().add_done_callback([ran](const muster::Future<int>&) {
    ran.add(2);
    throw 42;
  });
  promise.future().add_done_callback([ran](const muster::Future<int>&) { ran.add(3); });
  promise.set_result(5);
  ran.wait_for_size(3);
  EXPECT_EQ(ran.values(), (std::vector<std::int64_t>{1, 2, 3}));
  log.wait_for("thrown by the first callback");
  EXPECT_EQ(log.messages().size(), 2U);
}

// Behaviours 5, 6 and 7.
TEST(FutureCallback, AddedAfterTheEndRunsAtOnce) {
  for (const State state : {State::succeeded, State::failed, State::cancelled}) {
    SCOPED_TRACE(testing::Message() << state);
    const auto promise = promise_in(state);
    std::vector<State> seen;
    promise.future().add_done_callback([&seen](const muster::Future<int>& future) {
      seen.push_back(future.cancelled()         ? State::cancelled
                     : holds_test_error(future) ? State::failed
                                                : State::succeeded);
    });
    // At once: in this thread, before add_done_callback returned.
    EXPECT_EQ(seen, std::vector<State>{state});
  }
}

// Behaviour 8.
TEST(FutureCallback, ThatThrowsAtOnceIsLoggedAndNotPropagated) {
  for (const State state : {State::succeeded, State::failed, State::cancelled}) {
    SCOPED_TRACE(testing::Message() << state);
    const CapturedLog log;
    const auto promise = promise_in(state);
    EXPECT_NO_THROW(promise.future().add_done_callback(
        [](const muster::Future<int>&) { throw std::runtime_error("thrown at once"); }));
    log.wait_for("thrown at once");
    EXPECT_EQ(log.messages().size(), 1U);
  }
}

TEST(FutureCallback, RunsInTheOrderOfAdding) {
  muster::Promise<int> promise;
  SharedLog order;
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 100; ++i) {
    promise.future().add_done_callback([order, i](const muster::Future<int>&) { order.add(i); });
    expected.push_back(i);
  }
  promise.set_result(kValue);
  order.wait_for_size(100);
  EXPECT_EQ(order.values(), expected);
}

template <class Pool>
class PoolCallback : public testing::Test {};
TYPED_TEST_SUITE(PoolCallback, test_support::Pools, test_support::PoolNames);

// Behaviours 1 and 2, of a task.
TYPED_TEST(PoolCallback, SeesHowItsTaskEndedInTheSubmittingProcess) {
  SharedGate gate;
  SharedLog seen;
  const pid_t client = ::getpid();
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);

  auto value = pool.submit([gate] {
    gate.wait();
    return 7;
  });
  value.add_done_callback(
      [=](muster::Future<int> future) { seen.add(::getpid() == client ? future.result() : -1); });
  auto failure = pool.submit([]() -> int { throw std::domain_error("no such value"); });
  failure.add_done_callback([=](muster::Future<int> future) {
    try {
      future.result();
    } catch (const std::domain_error& error) {
      seen.add(error.what() == std::string("no such value") ? 8 : -2);
    }
  });

  EXPECT_EQ(seen.size(), 0U);
  gate.open();
  seen.wait_for_size(2);
  EXPECT_EQ(seen.values(), (std::vector<std::int64_t>{7, 8}));
}

// Behaviour 3, of a task.
TYPED_TEST(PoolCallback, SeesThatItsTaskWasCancelled) {
  SharedGate gate;
  SharedLog seen;
  SharedCounter ran;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);

  auto running = pool.submit([gate] { gate.wait(); });
  auto waiting = pool.submit([ran] { ran.add(); });
  waiting.add_done_callback(
      [seen](muster::Future<void> future) { seen.add(future.cancelled() ? 1 : 0); });
  EXPECT_TRUE(waiting.cancel());
  seen.wait_for_size(1);  // while the only worker is still busy
  EXPECT_EQ(seen.values(), std::vector<std::int64_t>{1});
  gate.open();
  pool.shutdown();
  EXPECT_EQ(ran.value(), 0);
}

TYPED_TEST(PoolCallback, OfATaskThatHasEndedUnseenIsCalled) {
  SharedGate next;
  SharedGate gate;
  SharedLog seen;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);

  auto ended = pool.submit([] { return 7; });
  auto running = pool.submit([next, gate] {
    next.open();
    gate.wait();
  });
  next.wait();  // so the first has ended, and nobody has asked for it
  ended.add_done_callback([seen](const muster::Future<int>& future) { seen.add(future.result()); });
  seen.wait_for_size(1);
  EXPECT_EQ(seen.values(), std::vector<std::int64_t>{7});
  gate.open();
}

// Behaviour 4, of a task.
TYPED_TEST(PoolCallback, ThatThrowsNeitherStopsTheNextNorThePool) {
  const CapturedLog log;
  SharedGate gate;
  SharedLog ran;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);

  auto future = pool.submit([gate] { gate.wait(); });
  future.add_done_callback(
      [](const muster::Future<void>&) { throw std::runtime_error("a broken callback"); });
  future.add_done_callback([ran](const muster::Future<void>&) { ran.add(2); });
  gate.open();
  ran.wait_for_size(1);
  log.wait_for("a broken callback");
  EXPECT_EQ(pool.submit([] { return 3; }).result(), 3);
}

}  // namespace
