#include "lib/threads/pool_queue.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::Deadline;
using muster::detail::PoolQueue;
using muster::detail::PopResult;
using muster::detail::StateBase;

// Tasks are not looked at by the queue: numbers do.
StateBase* task(std::size_t number) { return reinterpret_cast<StateBase*>(number * 64); }
std::size_t number(StateBase* task) { return reinterpret_cast<std::size_t>(task) / 64; }

TEST(PoolQueue, GivesTasksInTheOrderOfTheirPush) {
  PoolQueue queue(2);
  PoolQueue::WorkerEnd end(queue);
  for (std::size_t i = 1; i <= 1000; ++i) {
    StateBase* item = task(i);
    ASSERT_TRUE(end.try_push(item));
  }
  EXPECT_EQ(end.approximate_size(), 1000U);
  StateBase* item = nullptr;
  for (std::size_t i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(end.try_pop(item));
    EXPECT_EQ(number(item), i);
  }
  EXPECT_FALSE(end.try_pop(item));
}

TEST(PoolQueue, WaitsUntilTheDeadlineAndNoLongerWhenClosed) {
  PoolQueue queue(2);
  PoolQueue::WorkerEnd end(queue);
  StateBase* item = nullptr;
  EXPECT_EQ(end.pop_until(item, Deadline::passed()), PopResult::timed_out);
  EXPECT_EQ(end.pop_until(item, Deadline::after(std::chrono::milliseconds(2))),
            PopResult::timed_out);
  StateBase* last = task(1);
  ASSERT_TRUE(end.try_push(last));
  end.close();
  EXPECT_FALSE(end.try_push(last));
  EXPECT_EQ(end.pop_until(item, Deadline::never()), PopResult::item);
  EXPECT_EQ(end.pop_until(item, Deadline::never()), PopResult::closed);
  EXPECT_EQ(queue.parked(), 0U);
}

// Consumers that sleep again and again lose no task and no wake.
TEST(PoolQueue, LosesNothingBetweenSleepersAndPushers) {
  constexpr std::size_t kPushers = 2;
  constexpr std::size_t kPoppers = 3;
  constexpr std::size_t kTasks = 4000;
  PoolQueue queue(3);  // some search before they sleep, some do not
  std::vector<std::atomic<int>> seen(kPushers * kTasks);
  std::atomic<std::size_t> popped{0};
  std::vector<std::thread> threads;
  for (std::size_t c = 0; c < kPoppers; ++c) {
    threads.emplace_back([&] {
      PoolQueue::WorkerEnd end(queue);
      StateBase* item = nullptr;
      while (end.pop_until(item, Deadline::never()) == PopResult::item) {
        ++seen[number(item) - 1];
        ++popped;
      }
    });
  }
  std::vector<std::thread> pushers;
  for (std::size_t p = 0; p < kPushers; ++p) {
    pushers.emplace_back([&, p] {
      for (std::size_t i = 0; i < kTasks; ++i) {
        ASSERT_TRUE(queue.push(task(p * kTasks + i + 1)));
        queue.wake_if_needed();
        // Now and then let the consumers run dry.
        if (i % 64 == 0) {
          while (queue.approximate_size() != 0) std::this_thread::yield();
        }
      }
    });
  }
  for (auto& thread : pushers) thread.join();
  while (popped < kPushers * kTasks) std::this_thread::yield();
  queue.close();
  for (auto& thread : threads) thread.join();
  for (const auto& count : seen) EXPECT_EQ(count, 1);
}

}  // namespace
