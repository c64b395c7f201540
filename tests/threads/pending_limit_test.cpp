#include "lib/threads/pending_limit.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::PendingLimit;
using Taken = PendingLimit::Taken;

TEST(PendingLimit, GivesAsManyPlacesAsThereAre) {
  PendingLimit limit(2);
  EXPECT_EQ(limit.take(false, false), Taken::yes);
  EXPECT_EQ(limit.take(false, false), Taken::yes);
  EXPECT_EQ(limit.take(false, false), Taken::full);
  EXPECT_EQ(limit.take(false, true), Taken::yes);  // beyond, for callbacks
  limit.give();
  EXPECT_EQ(limit.take(false, false), Taken::full);
  limit.give();
  EXPECT_EQ(limit.take(false, false), Taken::yes);
}

TEST(PendingLimit, WakesWhoeverWaitsWithEachPlace) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 2000;
  PendingLimit limit(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTurns; ++i) {
        ASSERT_EQ(limit.take(true, false), Taken::yes);
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        limit.give();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 2);
}

TEST(PendingLimit, SendsWhoeverWaitsAwayWhenClosed) {
  PendingLimit limit(1);
  EXPECT_EQ(limit.take(true, false), Taken::yes);
  std::thread waiter([&] { EXPECT_EQ(limit.take(true, false), Taken::closed); });
  limit.close();
  waiter.join();
}

}  // namespace
