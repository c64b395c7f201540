// Threads that wait for a future, and what wakes them.

#include <atomic>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/future_states.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using test_support::kValue;
using test_support::OpensAtExit;
using test_support::SharedGate;
using test_support::TestError;

// A thread that calls `wait`; returns from the constructor once it sleeps there.
class Waiter {
 public:
  explicit Waiter(std::function<void()> wait) {
    thread_ = std::thread([this, wait = std::move(wait)] {
      id_.store(test_support::current_thread_id());
      id_.notify_one();
      wait();
    });
    id_.wait(0);
    test_support::wait_until_asleep(id_.load());
  }
  ~Waiter() { thread_.join(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 private:
  std::atomic<pid_t> id_ = 0;
  std::thread thread_;
};

// Behaviour 15.
TEST(BlockedFuture, ResultIsWokenByTheValue) {
  muster::Promise<int> promise;
  int limited = 0;
  int unlimited = 0;
  {
    const Waiter first([&] { limited = promise.future().result(1h); });
    const Waiter second([&] { unlimited = promise.future().result(); });
    promise.set_result(kValue);
  }
  EXPECT_EQ(limited, kValue);
  EXPECT_EQ(unlimited, kValue);
}

// Behaviour 16.
TEST(BlockedFuture, ResultIsWokenByCancel) {
  muster::Promise<int> promise;
  {
    const Waiter first([&] { EXPECT_THROW(promise.future().result(1h), muster::CancelledError); });
    const Waiter second([&] { EXPECT_THROW(promise.future().result(), muster::CancelledError); });
    EXPECT_TRUE(promise.future().cancel());
  }
}

// Behaviour 18.
TEST(BlockedFuture, ExceptionIsWokenByTheException) {
  muster::Promise<int> promise;
  std::exception_ptr limited;
  std::exception_ptr unlimited;
  {
    const Waiter first([&] { limited = promise.future().exception(1h); });
    const Waiter second([&] { unlimited = promise.future().exception(); });
    promise.set_exception(std::make_exception_ptr(TestError()));
  }
  EXPECT_THROW(std::rethrow_exception(limited), TestError);
  EXPECT_THROW(std::rethrow_exception(unlimited), TestError);
}

template <class Pool>
class BlockedOnPool : public testing::Test {};
TYPED_TEST_SUITE(BlockedOnPool, test_support::Pools, test_support::PoolNames);

// Behaviour 15, of a task.
TYPED_TEST(BlockedOnPool, ResultIsWokenByTheEndOfTheTask) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const auto future = pool.submit([gate] {
    gate.wait();
    return kValue;
  });
  int limited = 0;
  int unlimited = 0;
  {
    const Waiter first([&] { limited = future.result(1h); });
    const Waiter second([&] { unlimited = future.result(); });
    gate.open();
  }
  EXPECT_EQ(limited, kValue);
  EXPECT_EQ(unlimited, kValue);
}

// Behaviour 16, of a task.
TYPED_TEST(BlockedOnPool, ResultIsWokenByCancel) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto busy = pool.submit([gate] { gate.wait(); });
  // Who waits beside a worker that sleeps, or has only just started, looks again after a while.
  while (!busy.running()) std::this_thread::yield();
  auto future = pool.submit([] { return kValue; });
  const Waiter waiter([&] { EXPECT_THROW(future.result(1h), muster::CancelledError); });
  EXPECT_TRUE(future.cancel());
}

// Behaviour 18, of a task.
TYPED_TEST(BlockedOnPool, ExceptionIsWokenByTheFailureOfTheTask) {
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  const auto future = pool.submit([gate] {
    gate.wait();
    throw std::domain_error("failed after a while");
  });
  std::exception_ptr error;
  {
    const Waiter waiter([&] { error = future.exception(1h); });
    gate.open();
  }
  ASSERT_NE(error, nullptr);
  EXPECT_THROW(std::rethrow_exception(error), std::domain_error);
}

// Behaviour 58.
TYPED_TEST(BlockedOnPool, AFailureWithNothingToSayIsStillAFailure) {
  auto pool = test_support::make_pool<TypeParam>(1);
  const auto silent = pool.submit([]() -> int { throw std::runtime_error(""); });
  EXPECT_NE(silent.exception(), nullptr);
  EXPECT_THROW(silent.result(), std::runtime_error);

  const auto of_void = pool.submit([] { throw std::logic_error(""); });
  EXPECT_NE(of_void.exception(), nullptr);
  EXPECT_THROW(of_void.result(), std::logic_error);

  // A value that looks like a failure is a value.
  const auto value = pool.submit([] { return std::string("std::runtime_error"); });
  EXPECT_EQ(value.exception(), nullptr);
  EXPECT_EQ(value.result(), "std::runtime_error");
}

// Behaviour 1c.7: what cannot be meant does not compile.
template <class T>
concept TimesOutAfter =
    requires(const muster::Future<int>& future, T timeout) { future.result(timeout); };
static_assert(TimesOutAfter<std::chrono::milliseconds>);
static_assert(TimesOutAfter<std::chrono::duration<double>>);
static_assert(!TimesOutAfter<int>);
static_assert(!TimesOutAfter<double>);
static_assert(!std::is_convertible_v<int, muster::ReturnWhen>);
static_assert(!std::is_convertible_v<int, muster::Duration>);
static_assert(std::is_enum_v<muster::ReturnWhen>);

}  // namespace
