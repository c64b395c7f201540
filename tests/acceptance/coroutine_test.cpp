// co_await on futures of both pools, and event loops that outlive or do not outlive their tasks.

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/future_states.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::OpensAtExit;
using test_support::SharedGate;

// A coroutine that starts at once and frees itself at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// A coroutine whose frame is destroyed with this, even where it still waits.
class Owned {
 public:
  struct promise_type {
    Owned get_return_object() {
      return Owned(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit Owned(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  ~Owned() { handle_.destroy(); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

  bool finished() const { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

// What awaiting a future came to, in words; written before `ended` opens.
struct Awaited {
  std::string outcome;
  SharedGate ended;
};

Detached await(muster::Future<std::string> future, Awaited& awaited) {
  try {
    awaited.outcome = "value " + co_await future;
  } catch (const muster::CancelledError&) {
    awaited.outcome = "cancelled";
  } catch (const std::domain_error& error) {
    awaited.outcome = std::string("domain_error ") + error.what();
  }
  awaited.ended.open();
}

template <class Pool>
class Coroutine : public testing::Test {};
TYPED_TEST_SUITE(Coroutine, test_support::Pools, test_support::PoolNames);

// Behaviour 127.
TYPED_TEST(Coroutine, IsResumedWithTheResult) {
  SharedGate gate;
  Awaited awaited;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  await(pool.submit([gate] {
    gate.wait();
    return std::string("from the pool");
  }),
        awaited);
  EXPECT_FALSE(awaited.ended.is_open());
  gate.open();
  awaited.ended.wait();
  EXPECT_EQ(awaited.outcome, "value from the pool");
}

// Behaviour 127.
TYPED_TEST(Coroutine, GoesOnAtOnceWhereTheFutureIsDone) {
  Awaited awaited;
  auto pool = test_support::make_pool<TypeParam>(1);
  auto future = pool.submit([] { return std::string("done before"); });
  future.result();
  await(future, awaited);
  EXPECT_TRUE(awaited.ended.is_open());
  EXPECT_EQ(awaited.outcome, "value done before");
}

// Behaviour 127.
TYPED_TEST(Coroutine, IsResumedWithTheException) {
  SharedGate gate;
  Awaited awaited;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  await(pool.submit([gate]() -> std::string {
    gate.wait();
    throw std::domain_error("from the task");
  }),
        awaited);
  gate.open();
  awaited.ended.wait();
  EXPECT_EQ(awaited.outcome, "domain_error from the task");
}

// Behaviour 127.
TYPED_TEST(Coroutine, IsResumedByCancel) {
  SharedGate gate;
  Awaited awaited;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto busy = pool.submit([gate] { gate.wait(); });
  auto future = pool.submit([] { return std::string(); });
  await(future, awaited);
  EXPECT_TRUE(future.cancel());
  awaited.ended.wait();  // while the worker is still busy
  EXPECT_EQ(awaited.outcome, "cancelled");
}

Detached chain(muster::Executor& pool, int& value, SharedGate ended) {
  for (int i = 0; i < 20; ++i) {
    value = co_await pool.submit([](int x) { return x + 1; }, value);
  }
  ended.open();
}

// Behaviour 127: a coroutine may submit where it was resumed.
TYPED_TEST(Coroutine, AwaitsOneTaskAfterAnother) {
  auto pool = test_support::make_pool<TypeParam>(1);
  int value = 0;
  SharedGate ended;
  chain(pool, value, ended);
  ended.wait();
  EXPECT_EQ(value, 20);
}

// Behaviour 127: co_await of a temporary gives a value, never a reference into what is gone.
template <class F>
using Awaits = decltype(std::declval<F>().operator co_await().await_resume());
static_assert(std::is_same_v<Awaits<muster::Future<std::string>>, std::string>);
static_assert(
    std::is_same_v<std::remove_cvref_t<Awaits<const muster::Future<std::string>&>>, std::string>);
static_assert(std::is_void_v<Awaits<muster::Future<void>>>);

Owned await_owned(muster::Future<int> future, int& resumed) { resumed = co_await future; }

// Behaviour 127: a late end of a task does not touch a coroutine that is gone.
TEST(CoroutineThatIsGone, IsNotResumed) {
  muster::Promise<int> promise;
  int resumed = 0;
  {
    const Owned waits = await_owned(promise.future(), resumed);
    EXPECT_FALSE(waits.finished());
  }
  promise.set_result(1);
  EXPECT_EQ(resumed, 0);
  EXPECT_EQ(promise.future().result(), 1);
}

// An event loop of one thread: who holds it may post, who owns it runs what was posted.
class EventLoop {
 public:
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    posted_.notify_one();
  }
  // Runs the next thing that is posted.
  void run_one() {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !queue_.empty(); });
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> queue_;
};

// Runs `then` in the loop when the future is done, if the loop still is.
template <class T, class F>
void when_done(const std::shared_ptr<EventLoop>& loop, muster::Future<T> future, F then) {
  future.add_done_callback([loop = std::weak_ptr(loop), then](muster::Future<T> done) {
    if (const auto alive = loop.lock()) alive->post([then, done] { then(done); });
  });
}

// Behaviour 127.
TYPED_TEST(Coroutine, AnEventLoopIsToldOfTheEndInItsOwnThread) {
  const auto loop = std::make_shared<EventLoop>();
  auto pool = test_support::make_pool<TypeParam>(1);
  int seen = 0;
  when_done(loop, pool.submit([] { return 42; }),
            [&seen](const muster::Future<int>& future) { seen = future.result(); });
  loop->run_one();
  EXPECT_EQ(seen, 42);
}

// Behaviour 127.
TYPED_TEST(Coroutine, AnEventLoopThatIsClosedIsNotTouchedByALateEnd) {
  SharedGate gate;
  bool told = false;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto loop = std::make_shared<EventLoop>();
  const auto future = pool.submit([gate] { gate.wait(); });
  when_done(loop, future, [&told](const muster::Future<void>&) { told = true; });
  loop.reset();
  gate.open();
  pool.shutdown();
  EXPECT_TRUE(future.done());
  EXPECT_FALSE(told);
}

}  // namespace
