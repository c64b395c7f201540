#include "lib/queue/parking.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace muster::detail {
namespace {

// Who sleeps in the kernel and how late it is, as a test says.
struct ToldPlatform : StdPlatform {
  static inline std::atomic<std::uint64_t> now{0};
  static inline const Word* not_asleep = nullptr;

  static bool wake_one(const Word& word) { return &word != not_asleep; }
  static std::uint64_t ticks() { return now.load(); }
  static bool long_ago(std::uint64_t then) { return now.load() - then >= 10; }
};

class WakesTest : public testing::Test {
 protected:
  WakesTest() { ToldPlatform::not_asleep = nullptr; }

  std::array<BasicParkLine<ToldPlatform>, 70> lines_{};
  std::unique_ptr<BasicSleepers<ToldPlatform>> sleepers_ =
      std::make_unique<BasicSleepers<ToldPlatform>>();
  Parking<ToldPlatform> parking_{sleepers_.get(), lines_};
};

class ParkingTest : public testing::Test {
 protected:
  std::array<ParkLine, 70> lines_{};
  std::unique_ptr<Sleepers> sleepers_ = std::make_unique<Sleepers>();
  Parking<StdPlatform> parking_{sleepers_.get(), lines_};
};

TEST_F(WakesTest, OneWakeIsPendingAtATime) {
  parking_.prepare(1);
  parking_.prepare(2);
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(1), kWoken);
  EXPECT_FALSE(parking_.wake_one()) << "the first has not come to yet";
  parking_.leave(1);
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(2), kWoken);
}

TEST_F(WakesTest, AWakeThatWasSentToADeadWorkerDoesNotHoldBackTheRest) {
  parking_.prepare(1);
  parking_.prepare(2);
  ASSERT_TRUE(parking_.wake_one());
  parking_.forget(1);
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(2), kWoken);
}

// As one that is stopped in its sleep.
TEST_F(WakesTest, OneThatDoesNotSleepIsPassedOver) {
  parking_.prepare(1);
  parking_.prepare(2);
  parking_.prepare(3);
  ToldPlatform::not_asleep = &lines_[1].state;
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(1), kWoken) << "it sees so when it goes on";
  EXPECT_EQ(parking_.state(2), kWoken);
  EXPECT_EQ(parking_.state(3), kParked);
  EXPECT_FALSE(parking_.wake_one()) << "one has been woken and has not come to yet";
  parking_.leave(2);
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(3), kWoken);
}

TEST_F(WakesTest, WhereNobodySleepsNoWakeIsPending) {
  parking_.prepare(1);
  ToldPlatform::not_asleep = &lines_[1].state;
  EXPECT_TRUE(parking_.wake_one());
  parking_.prepare(2);
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(2), kWoken);
}

// As one that is stopped when it has just been woken.
TEST_F(WakesTest, AWakeIsPendingForAWhileOnly) {
  parking_.prepare(1);
  parking_.prepare(2);
  ASSERT_TRUE(parking_.wake_one());
  ToldPlatform::now += 9;
  EXPECT_FALSE(parking_.wake_one());
  ToldPlatform::now += 1;
  EXPECT_TRUE(parking_.wake_one());
  EXPECT_EQ(parking_.state(2), kWoken);
}

TEST_F(ParkingTest, NobodySleepsAtFirst) {
  EXPECT_FALSE(parking_.anyone_sleeps());
  EXPECT_FALSE(parking_.wake_one());
}

TEST_F(ParkingTest, CountsSleepersBeyondOneWordOfTheMap) {
  parking_.prepare(3);
  parking_.prepare(69);
  EXPECT_EQ(parking_.sleeping(), 2u);
  parking_.leave(3);
  EXPECT_EQ(parking_.sleeping(), 1u);
}

// A worker that wakes another changes its word, then wakes it, and may die in between.
TEST_F(ParkingTest, WakingAllWakesOneWhoseWakerDiedBeforeHeWokeIt) {
  std::atomic<pid_t> thread{0};
  std::thread worker([&] {
    parking_.prepare(0);
    thread.store(test_support::current_thread_id());
    parking_.sleep(0, Deadline::never());
    EXPECT_EQ(parking_.state(0), kWoken);
    parking_.leave(0);
  });
  while (thread.load() == 0) std::this_thread::yield();
  test_support::wait_until_asleep(thread.load());
  lines_[0].state.store(kWoken);
  parking_.wake_all();
  worker.join();
}

TEST_F(ParkingTest, AWorkerThatIsNotThereDoesNotCountAsAwakeAndIsNotWoken) {
  parking_.forget(1);
  EXPECT_EQ(parking_.sleeping(), 1u);
  EXPECT_FALSE(parking_.wake_one());
  parking_.leave(1);
  EXPECT_FALSE(parking_.anyone_sleeps());
}

TEST_F(ParkingTest, ABitBeyondTheWorkersIsNotBelieved) {
  sleepers_->words[1].store(std::uint64_t{1} << 20);
  EXPECT_FALSE(parking_.wake_one());
}

// A producer that publishes one thing at a time and a worker that parks between them: with the
// order of steps in parking.hpp no publication is slept through, though no sleep has a bound.
TEST_F(ParkingTest, NoPublicationIsSleptThrough) {
  constexpr std::uint32_t kRounds = 20'000;
  std::atomic<std::uint32_t> published{0};
  std::atomic<std::uint32_t> taken{0};
  std::thread worker([&] {
    while (taken.load() < kRounds) {
      if (taken.load() < published.load()) {
        taken.fetch_add(1);
        continue;
      }
      parking_.prepare(0);
      if (taken.load() < published.load()) {
        parking_.leave(0);
        continue;
      }
      parking_.sleep(0, Deadline::never());
      parking_.leave(0);
    }
  });
  Parking<StdPlatform> waker(sleepers_.get(), lines_);
  for (std::uint32_t i = 1; i <= kRounds; ++i) {
    published.store(i);
    if (waker.anyone_sleeps()) waker.wake_one();
    while (taken.load() < i) std::this_thread::yield();
  }
  worker.join();
  EXPECT_EQ(taken.load(), kRounds);
}

}  // namespace
}  // namespace muster::detail
