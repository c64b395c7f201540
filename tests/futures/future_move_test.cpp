// When result() && moves a value out, copies it, or cannot do either.

#include <coroutine>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <muster/error.hpp>
#include <muster/promise.hpp>
#include <muster/thread_pool.hpp>

#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::Promise;

const std::string kText(100, 'x');

TEST(FutureMove, TakesTheValueOfTheLastHandle) {
  Future<std::string> future;
  {
    Promise<std::string> promise;
    future = promise.future();
    promise.set_result(kText);
  }
  {
    const auto other = future;
    EXPECT_EQ(std::move(future).result(), kText);
    EXPECT_EQ(other.result(), kText);
  }
  EXPECT_EQ(std::move(future).result(), kText);
  EXPECT_EQ(future.result(), "");  // moved out, because it was the last
}

TEST(FutureMove, CountsAPromiseForWhatCanBeCopied) {
  Promise<std::string> promise;
  auto future = promise.future();
  promise.set_result(kText);
  EXPECT_EQ(std::move(future).result(), kText);
  EXPECT_EQ(promise.future().result(), kText);
}

TEST(FutureMove, AlwaysMovesWhatCannotBeCopied) {
  Promise<std::unique_ptr<int>> promise;
  auto future = promise.future();
  promise.set_result(std::make_unique<int>(4));
  {
    const auto other = future;
    EXPECT_THROW(static_cast<void>(std::move(future).result()), muster::InvalidStateError);
    EXPECT_EQ(*other.result(), 4);
  }
  EXPECT_EQ(*std::move(future).result(), 4);
  EXPECT_EQ(future.result(), nullptr);
}

TEST(FutureMove, LetsTheOnlyCallbackTakeTheValue) {
  test_support::SharedGate gate;
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  int seen = 0;
  pool.submit([gate] {
        gate.wait();
        return std::make_unique<int>(9);
      })
      .add_done_callback(
          [&seen](Future<std::unique_ptr<int>> future) { seen = *std::move(future).result(); });
  gate.open();
  pool.shutdown();
  EXPECT_EQ(seen, 9);
}

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Detached take(Future<std::unique_ptr<int>> future, int& seen) {
  const std::unique_ptr<int> value = co_await std::move(future);
  seen = *value;
}

TEST(FutureMove, LetsACoroutineTakeTheValue) {
  test_support::SharedGate gate;
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  int seen = 0;
  take(pool.submit([gate] {
    gate.wait();
    return std::make_unique<int>(8);
  }),
       seen);
  gate.open();
  pool.shutdown();
  EXPECT_EQ(seen, 8);
}

TEST(FutureWithoutTask, SaysSo) {
  Future<int> future;
  EXPECT_FALSE(future.valid());
  EXPECT_THROW(static_cast<void>(future.done()), muster::InvalidStateError);
  EXPECT_THROW(static_cast<void>(future.result()), muster::InvalidStateError);
  EXPECT_EQ(to_string(future), "<Future state=none>");
}

TEST(FutureOfAPromise, ThatIsDestroyedUnsetFails) {
  Future<int> future;
  {
    const Promise<int> promise;
    future = promise.future();
    EXPECT_FALSE(future.done());
  }
  EXPECT_THROW(static_cast<void>(future.result()), muster::InvalidStateError);
}

}  // namespace
