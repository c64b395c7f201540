// The shared state: who may touch it until when, and who is told of its end.

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/completion_queue.hpp>
#include <muster/detail/future_state.hpp>
#include <muster/detail/thread_task.hpp>
#include <muster/future.hpp>
#include <muster/promise.hpp>

#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::Promise;
using muster::detail::CompletionQueue;
using muster::detail::Deadline;
using muster::detail::FutureAccess;
using muster::detail::FutureState;
using muster::detail::Phase;
using muster::detail::StateHook;
using muster::detail::ThreadTask;

// Counts how many of it live.
struct Tracked {
  explicit Tracked(int& count) : live(&count) { ++*live; }
  Tracked(const Tracked& other) : live(other.live) { ++*live; }
  Tracked(Tracked&& other) noexcept : live(other.live) { ++*live; }
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() { --*live; }
  int* live;
};

struct MakeTracked {
  Tracked argument;
  Tracked operator()() const { return argument; }
};
using Task = ThreadTask<Tracked, MakeTracked>;

Task* make_task(int& live) { return muster::detail::new_state<Task>(MakeTracked{Tracked(live)}); }

void run(muster::detail::StateBase& state) { state.publish(state.ops().run(state), 0); }

TEST(State, OfASmallTaskIsOneCacheLine) {
  constexpr auto kSmall = [](int x) { return x + 1; };
  static_assert(sizeof(ThreadTask<int, decltype(kSmall), int>) == 64);
  static_assert(sizeof(FutureState<int>) == 64);
  static_assert(sizeof(FutureState<void>) == 64);
}

TEST(State, ThatAPoolRefusesDropsItsCallable) {
  int live = 0;
  { const auto future = FutureAccess::adopt<Tracked>(make_task(live)); }
  EXPECT_EQ(live, 0);
}

TEST(State, LivesUntilBothHandlesAndPoolLetGo) {
  int live = 0;
  Task* task = make_task(live);
  task->hold();
  auto future = FutureAccess::adopt<Tracked>(task);
  ASSERT_TRUE(task->try_start());
  run(*task);
  EXPECT_EQ(live, 1);  // the result; the argument is gone
  future = {};
  EXPECT_EQ(live, 0);
}

TEST(State, ThatNobodyHoldsIsFreedByWhoCompletesIt) {
  int live = 0;
  Task* task = make_task(live);
  task->hold();
  { const auto future = FutureAccess::adopt<Tracked>(task); }
  EXPECT_TRUE(task->abandoned());
  EXPECT_EQ(live, 1);
  ASSERT_TRUE(task->try_start());
  run(*task);
  EXPECT_EQ(live, 0);
}

TEST(State, ThatWasCancelledInAQueueWaitsForTheQueue) {
  int live = 0;
  Task* task = make_task(live);
  task->hold();
  {
    const auto future = FutureAccess::adopt<Tracked>(task);
    EXPECT_TRUE(task->try_cancel(true));
    EXPECT_EQ(live, 0);  // the callable is dropped at once
    EXPECT_TRUE(future.cancelled());
  }
  EXPECT_TRUE(task->abandoned());
  EXPECT_FALSE(task->try_start());
  task->let_go();
}

TEST(State, IsClaimedOnce) {
  Promise<int> promise;
  const auto future = promise.future();
  auto& state = *FutureAccess::state(future);
  EXPECT_TRUE(state.try_claim());
  EXPECT_FALSE(state.try_claim());
  EXPECT_FALSE(state.try_cancel(false));
  EXPECT_TRUE(future.running());
  EXPECT_FALSE(future.done());
  state.complete_cancelled();
  EXPECT_TRUE(future.cancelled());
}

// One of starting and cancelling wins.
TEST(State, IsEitherStartedOrCancelled) {
  for (int round = 0; round < 2000; ++round) {
    int live = 0;
    Task* task = make_task(live);
    task->hold();
    auto future = FutureAccess::adopt<Tracked>(task);
    std::atomic<bool> go{false};
    bool cancelled = false;
    std::thread canceller([&] {
      while (!go) {
      }
      cancelled = task->try_cancel(true);
    });
    go = true;
    const bool started = task->try_start();
    if (started) run(*task);
    canceller.join();
    EXPECT_NE(started, cancelled);
    if (cancelled) task->let_go();
    future = {};
    EXPECT_EQ(live, 0);
  }
}

class CountingHook final : public StateHook {
 public:
  explicit CountingHook(Kind its_kind) : StateHook(its_kind) {}
  void fire(muster::detail::StateBase& state) noexcept override {
    ++fired;
    if (kind == Kind::callback) state.release();
  }
  int fired = 0;
};

TEST(StateHook, IsFiredOnceAtTheEnd) {
  Promise<int> promise;
  auto& state = *FutureAccess::state(promise.future());
  CountingHook observer(StateHook::Kind::observer);
  CountingHook callback(StateHook::Kind::callback);
  EXPECT_TRUE(state.attach(observer));
  EXPECT_TRUE(state.attach(callback));
  promise.set_result(1);
  EXPECT_EQ(observer.fired, 1);
  EXPECT_EQ(callback.fired, 1);
  EXPECT_FALSE(state.detach(observer));
  EXPECT_FALSE(state.attach(observer));
}

TEST(StateHook, ThatWasTakenOffIsNotFired) {
  Promise<int> promise;
  auto& state = *FutureAccess::state(promise.future());
  CountingHook first(StateHook::Kind::observer);
  CountingHook second(StateHook::Kind::callback);
  CountingHook third(StateHook::Kind::observer);
  for (CountingHook* hook : {&first, &second, &third}) EXPECT_TRUE(state.attach(*hook));
  EXPECT_EQ(state.use_count(), 2U);  // the promise and the callback
  EXPECT_TRUE(state.detach(second));
  EXPECT_EQ(state.use_count(), 1U);
  EXPECT_TRUE(state.detach(first));
  promise.set_result(1);
  EXPECT_EQ(first.fired + second.fired, 0);
  EXPECT_EQ(third.fired, 1);
}

// A callback may take off those that come after it.
TEST(StateHook, MayTakeOffTheNextCallback) {
  struct Remover final : StateHook {
    explicit Remover(StateHook& h) : StateHook(Kind::callback), other(h) {}
    void fire(muster::detail::StateBase& state) noexcept override {
      EXPECT_TRUE(state.detach(other));
      state.release();
    }
    StateHook& other;
  };
  Promise<int> promise;
  auto& state = *FutureAccess::state(promise.future());
  CountingHook last(StateHook::Kind::callback);
  Remover remover(last);
  EXPECT_TRUE(state.attach(remover));
  EXPECT_TRUE(state.attach(last));
  promise.set_result(1);
  EXPECT_EQ(last.fired, 0);
}

TEST(CompletionQueue, GivesStatesInTheOrderOfTheirEnds) {
  Promise<int> promises[4];
  promises[2].set_result(0);
  CompletionQueue queue;
  std::vector<Future<int>> futures;
  for (auto& promise : promises) futures.push_back(promise.future());
  for (std::size_t i = 0; i < 4; ++i) queue.watch(*FutureAccess::state(futures[i]), i);
  promises[3].set_result(0);
  promises[0].set_result(0);
  std::size_t number = 99;
  for (const std::size_t expected : {2U, 3U, 0U}) {
    ASSERT_TRUE(queue.next(Deadline::never(), number));
    EXPECT_EQ(number, expected);
  }
  EXPECT_EQ(queue.watched(), 1U);
  EXPECT_FALSE(queue.next(Deadline::passed(), number));
  EXPECT_FALSE(queue.next(Deadline::after(std::chrono::milliseconds(2)), number));
}

// Ends and the end of the watch race; the sanitizers see to the rest.
TEST(CompletionQueue, MayStopWatchingWhileStatesEnd) {
  for (int round = 0; round < 300; ++round) {
    std::vector<Promise<int>> promises(8);
    std::vector<Future<int>> futures;
    for (auto& promise : promises) futures.push_back(promise.future());
    std::thread setter([&] {
      for (auto& promise : promises) promise.set_result(1);
    });
    {
      CompletionQueue queue;
      for (std::size_t i = 0; i < futures.size(); ++i)
        queue.watch(*FutureAccess::state(futures[i]), i);
      std::size_t number;
      for (int i = 0; i < round % 8; ++i) EXPECT_TRUE(queue.next(Deadline::never(), number));
    }
    futures.clear();
    setter.join();
  }
}

TEST(Future, HandlesComeAndGoOnAllThreads) {
  Promise<std::vector<int>> promise;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([future = promise.future()] {
      for (int i = 0; i < 1000; ++i) {
        Future<std::vector<int>> copy = future;
        const auto moved = std::move(copy);
        static_cast<void>(moved.done());
      }
      EXPECT_EQ(future.result().size(), 3U);
    });
  }
  promise.set_result({1, 2, 3});
  for (auto& thread : threads) thread.join();
}

}  // namespace
