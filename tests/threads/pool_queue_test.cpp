#include "lib/threads/pool_queue.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::Deadline;
using muster::detail::PoolQueue;
using muster::detail::PopResult;
using muster::detail::ReservedTasks;
using muster::detail::StateBase;

// Tasks are not looked at by the queue: numbers do.
StateBase* task(std::size_t number) { return reinterpret_cast<StateBase*>(number * 64); }
std::size_t number(StateBase* task) { return reinterpret_cast<std::size_t>(task) / 64; }

// The tasks 1 to `count`.
void push(PoolQueue::WorkerEnd& end, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i) {
    StateBase* item = task(i);
    ASSERT_TRUE(end.try_push(item));
  }
}

// The first of two workers takes several of eight tasks and is at task 1.
struct TwoWorkers {
  TwoWorkers() {
    first.take_several(true);
    push(first, 8);
    StateBase* item = nullptr;
    EXPECT_TRUE(first.try_pop(item));
    EXPECT_EQ(number(item), 1U);
  }

  PoolQueue queue{2};
  ReservedTasks first_reserved;
  ReservedTasks second_reserved;
  PoolQueue::WorkerEnd first{queue, first_reserved};
  PoolQueue::WorkerEnd second{queue, second_reserved};
};

TEST(PoolQueue, GivesTasksInTheOrderOfTheirPush) {
  PoolQueue queue(2);
  ReservedTasks reserved;
  PoolQueue::WorkerEnd end(queue, reserved);
  push(end, 1000);
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
  ReservedTasks reserved;
  PoolQueue::WorkerEnd end(queue, reserved);
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

TEST(PoolQueue, GivesWhatAWorkerReservedToOneThatHasNothing) {
  TwoWorkers workers;
  StateBase* item = nullptr;
  EXPECT_EQ(workers.first_reserved.approximate_size(),
            3U);  // half of them, and the one that it has
  EXPECT_EQ(workers.queue.approximate_size(), 7U);
  // The queue's own first, then the other worker's.
  for (const std::size_t expected : {5U, 6U, 7U, 8U, 2U, 3U}) {
    ASSERT_EQ(workers.second.pop_until(item, Deadline::never()), PopResult::item);
    EXPECT_EQ(number(item), expected);
  }
  ASSERT_TRUE(workers.first.try_pop(item));
  EXPECT_EQ(number(item), 4U);
  EXPECT_FALSE(workers.first.try_pop(item));
  EXPECT_EQ(workers.second.pop_until(item, Deadline::passed()), PopResult::timed_out);
  EXPECT_EQ(workers.queue.approximate_size(), 0U);
}

TEST(PoolQueue, HelpsAWorkerThatReservedAlsoWhileTheQueueIsNotEmpty) {
  TwoWorkers workers;
  workers.second.help_others();
  StateBase* item = nullptr;
  for (const std::size_t expected : {2U, 5U}) {
    ASSERT_TRUE(workers.second.try_pop(item));
    EXPECT_EQ(number(item), expected);
  }
}

TEST(PoolQueue, ReservesNothingWhileAWorkerSleeps) {
  PoolQueue queue(2);
  ReservedTasks reserved;
  ReservedTasks sleepers;
  PoolQueue::WorkerEnd end(queue, reserved);
  end.take_several(true);
  std::thread sleeper([&] {
    PoolQueue::WorkerEnd other(queue, sleepers);
    StateBase* item = nullptr;
    while (other.pop_until(item, Deadline::never()) == PopResult::item) {
    }
  });
  while (queue.parked() == 0) std::this_thread::yield();
  // Pushed without a wake, so that it sleeps on.
  for (std::size_t i = 1; i <= 8; ++i) ASSERT_TRUE(queue.push(task(i)));
  StateBase* item = nullptr;
  ASSERT_TRUE(end.try_pop(item));
  EXPECT_EQ(reserved.approximate_size(), 0U);
  queue.close();
  sleeper.join();
}

// Whatever is reserved, what is left when a pool is shut down can be taken out.
TEST(PoolQueue, GivesUpWhatIsReserved) {
  PoolQueue queue(1);
  ReservedTasks reserved;
  PoolQueue::WorkerEnd end(queue, reserved);
  end.take_several(true);
  push(end, 4);
  StateBase* item = nullptr;
  ASSERT_TRUE(end.try_pop(item));
  EXPECT_EQ(reserved.approximate_size(), 3U);
  for (const std::size_t expected : {2U, 3U, 4U}) {
    ASSERT_TRUE(queue.pop(item));
    EXPECT_EQ(number(item), expected);
  }
  EXPECT_FALSE(queue.pop(item));
  EXPECT_FALSE(end.try_pop(item));
}

// Consumers that sleep again and again lose no task and no wake.
void lose_nothing(bool several, bool light_fences) {
  constexpr std::size_t kPushers = 2;
  constexpr std::size_t kPoppers = 3;
  constexpr std::size_t kTasks = 4000;
  PoolQueue queue(3);  // some search before they sleep, some do not
  if (light_fences) queue.prefer_light_fences();
  std::array<ReservedTasks, kPoppers> reserved;
  std::vector<std::atomic<int>> seen(kPushers * kTasks);
  std::atomic<std::size_t> popped{0};
  std::vector<std::thread> threads;
  for (std::size_t c = 0; c < kPoppers; ++c) {
    threads.emplace_back([&, c] {
      PoolQueue::WorkerEnd end(queue, reserved[c]);
      end.take_several(several);
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

TEST(PoolQueue, LosesNothingBetweenSleepersAndPushers) { lose_nothing(false, false); }
TEST(PoolQueue, LosesNothingWhereWorkersTakeSeveral) { lose_nothing(true, false); }
TEST(PoolQueue, LosesNothingWhereSleepersFenceForPushers) { lose_nothing(true, true); }

}  // namespace
