// Deadlines, the futex and the mutex on it.

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/common/deadline.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/futex_mutex.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::detail::Deadline;
using muster::detail::futex_wait;
using muster::detail::FutexMutex;
using muster::detail::FutexResult;

TEST(Deadline, IsOverOrNotOrNever) {
  EXPECT_TRUE(Deadline::passed().expired());
  EXPECT_TRUE(Deadline::after(0s).expired());
  EXPECT_TRUE(Deadline::after(-1s).expired());
  EXPECT_FALSE(Deadline::after(1h).expired());
  EXPECT_FALSE(Deadline::never().expired());
  EXPECT_TRUE(Deadline::after(std::chrono::hours::max()).is_never());
  EXPECT_EQ(Deadline::passed().remaining().nanoseconds(), 0);
  EXPECT_GT(Deadline::after(1h).remaining().seconds(), 3500.0);
  EXPECT_EQ(Deadline::never().remaining().nanoseconds(), std::numeric_limits<std::int64_t>::max());
  EXPECT_LT(Deadline::after(1h), Deadline::never());
}

TEST(Futex, SaysWhyItReturned) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_EQ(futex_wait(word, 2), FutexResult::changed);
  EXPECT_EQ(futex_wait(word, 1, Deadline::passed()), FutexResult::timed_out);
  EXPECT_EQ(futex_wait(word, 1, Deadline::after(1ms)), FutexResult::timed_out);
  EXPECT_EQ(muster::detail::futex_wake_all(word), 0);
}

TEST(FutexMutex, LetsOneThreadInAtATime) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 20'000;
  FutexMutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTurns; ++i) {
        std::lock_guard lock(mutex);
        ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kTurns);
  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
}

}  // namespace
