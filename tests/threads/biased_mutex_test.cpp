// A mutex with a favourite: whoever comes by, one holds it at a time.
#include "lib/common/biased_mutex.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace muster::detail {
namespace {

using Lock = std::lock_guard<BiasedMutex>;

// What two holders at once would spoil.
struct Counted {
  BiasedMutex mutex;
  std::uint64_t count = 0;
  bool inside = false;

  void enter() {
    const Lock lock(mutex);
    EXPECT_FALSE(inside);
    inside = true;
    ++count;
    inside = false;
  }
};

TEST(BiasedMutex, OneThreadMayTakeItAgainAndAgain) {
  Counted counted;
  for (int i = 0; i < 100'000; ++i) counted.enter();
  EXPECT_EQ(counted.count, 100'000u);
}

TEST(BiasedMutex, AThreadThatComesRarelyIsNeverInsideWithTheFavourite) {
  Counted counted;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> turns{0};
  std::thread favourite([&] {
    while (!stop.load()) {
      counted.enter();
      turns.fetch_add(1);
    }
  });
  constexpr std::uint64_t kVisits = 300;
  for (std::uint64_t i = 0; i < kVisits; ++i) {
    // Long enough for it to be the favourite again.
    const std::uint64_t until = turns.load() + 200;
    while (turns.load() < until) {
    }
    counted.enter();
  }
  stop = true;
  favourite.join();
  EXPECT_EQ(counted.count, turns.load() + kVisits);
}

TEST(BiasedMutex, ManyThreadsTakeTurns) {
  Counted counted;
  constexpr int kThreads = 12;  // more than can be favourites
  constexpr int kTurns = 5'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kTurns; ++i) counted.enter();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counted.count, std::uint64_t{kThreads} * kTurns);
}

TEST(BiasedMutex, AFavouriteThatHasEndedIsNotWaitedFor) {
  Counted counted;
  for (int t = 0; t < 20; ++t)
    std::thread([&] {
      for (int i = 0; i < 1'000; ++i) counted.enter();
    }).join();
  counted.enter();
  EXPECT_EQ(counted.count, 20'001u);
}

TEST(BiasedMutex, IsWaitedForWhileTheFavouriteHoldsIt) {
  Counted counted;
  std::atomic<bool> holds{false};
  std::atomic<bool> released{false};
  std::thread favourite([&] {
    for (int i = 0; i < 1'000; ++i) counted.enter();
    const Lock lock(counted.mutex);
    holds = true;
    holds.notify_one();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the other one goes to sleep
    released = true;
  });
  holds.wait(false);
  {
    const Lock lock(counted.mutex);
    EXPECT_TRUE(released.load());
  }
  favourite.join();
}

TEST(BiasedMutex, TakesNewFavouritesWhenOldOnesHaveEnded) {
  // Twenty threads one after another, each long enough to become the favourite, and one that is
  // there all the time and comes by in between.
  Counted counted;
  constexpr std::uint64_t kTurns = 5'000;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) counted.enter();
    }).join();
    counted.enter();
  }
  std::vector<std::thread> together;
  for (int i = 0; i < 12; ++i) {
    together.emplace_back([&] {
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) counted.enter();
    });
  }
  for (std::thread& thread : together) thread.join();
  EXPECT_EQ(counted.count, 20 * (kTurns + 1) + 12 * kTurns);
}

}  // namespace
}  // namespace muster::detail
