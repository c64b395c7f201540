// Parts of lib/mpi that need no messages.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <muster/error.hpp>

#include "lib/mpi/heartbeat.hpp"
#include "lib/mpi/kept_memory.hpp"
#include "lib/mpi/launch.hpp"
#include "lib/mpi/round_trip.hpp"
#include "lib/mpi/share.hpp"

namespace {

using muster::detail::Heartbeat;
using muster::detail::RoundTrip;
using muster::detail::Share;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(MpiParts, AHeartIsLostAfterTheSilenceThatWasSeen) {
  Heartbeat heart(4 * kSecond);
  std::int64_t now = 100 * kSecond;
  EXPECT_FALSE(heart.is_lost(1, now));
  int looks = 0;
  while (!heart.is_lost(1, now += kSecond / 4)) ++looks;
  EXPECT_EQ(looks, 16);
}

TEST(MpiParts, WhatIsHeardEndsASilence) {
  Heartbeat heart(4 * kSecond);
  std::int64_t now = 100 * kSecond;
  std::uint64_t heard = 0;
  for (int i = 0; i < 100; ++i) {
    now += kSecond / 4;
    EXPECT_FALSE(heart.is_lost(i % 15 == 0 ? ++heard : heard, now));
  }
}

TEST(MpiParts, WhoWasStoppedItselfBlamesNobody) {
  Heartbeat heart(4 * kSecond);
  EXPECT_FALSE(heart.is_lost(1, 100 * kSecond));
  EXPECT_FALSE(heart.is_lost(1, 1000 * kSecond));
  EXPECT_FALSE(heart.is_lost(2, 1001 * kSecond));
}

TEST(MpiParts, WithoutALimitNothingIsSentOrLost) {
  Heartbeat heart(0);
  EXPECT_FALSE(heart.is_lost(1, kSecond));
  EXPECT_FALSE(heart.is_lost(1, 1'000'000 * kSecond));
  EXPECT_FALSE(heart.is_due(1'000'000 * kSecond));
}

TEST(MpiParts, ABeatIsDueWhereNothingElseWasSent) {
  Heartbeat heart(8 * kSecond);
  EXPECT_TRUE(heart.is_due(100 * kSecond));
  heart.sent(100 * kSecond);
  EXPECT_FALSE(heart.is_due(100 * kSecond + kSecond / 2));
  EXPECT_TRUE(heart.is_due(101 * kSecond));
}

TEST(MpiParts, SilenceIsReadFromTheEnvironment) {
  const auto limit = [](const char* text) {
    ::setenv("MUSTER_MPI_SILENCE", text, 1);
    const std::int64_t ns = muster::detail::silence_limit_ns();
    return ns;
  };
  EXPECT_EQ(limit("2.5"), 5 * kSecond / 2);
  EXPECT_EQ(limit("0"), 0);
  EXPECT_EQ(limit(""), 60 * kSecond);
  for (const char* const text : {"soon", "-1", "5s", "nan", "1e99"}) {
    EXPECT_THROW(limit(text), muster::InvalidArgumentError) << text;
  }
  ::unsetenv("MUSTER_MPI_SILENCE");
  EXPECT_EQ(muster::detail::silence_limit_ns(), 60 * kSecond);
}

TEST(MpiParts, ARankIsStuckWhenNothingEndsAndTasksWait) {
  Share share;
  share.workers = 1;
  share.give(8, kSecond);
  EXPECT_FALSE(share.may_recall(2 * kSecond)) << "its worker has the only task";
  share.give(8, kSecond);
  EXPECT_FALSE(share.may_recall(kSecond + Share::kAheadNs));
  EXPECT_TRUE(share.may_recall(kSecond + Share::kAheadNs + 1));
}

TEST(MpiParts, ARankThatHadNothingToGiveBackIsAskedAgainOnceThatHasChanged) {
  Share share;
  share.workers = 1;
  share.give(8, kSecond);
  share.give(8, kSecond);
  std::int64_t now = 2 * kSecond;
  EXPECT_TRUE(share.may_recall(now));
  share.recall();
  EXPECT_FALSE(share.may_recall(now)) << "it has not answered";
  share.recalled(true);
  EXPECT_TRUE(share.may_recall(now));
  share.recall();
  share.recalled(false);
  EXPECT_FALSE(share.may_recall(now));
  share.give(8, now);
  EXPECT_TRUE(share.may_recall(now));
  share.recall();
  share.recalled(false);
  share.take_back(8);
  share.ended(1, now);
  now += kSecond;
  EXPECT_TRUE(share.may_recall(now));
}

TEST(MpiParts, AWindowThatIsForgottenIsOneTaskAWorker) {
  Share share;
  share.workers = 2;
  for (int i = 0; i < 1000; ++i) share.give(8, kSecond);
  for (int i = 0; i < 1000; ++i) share.take_back(8);
  share.ended(1000, kSecond + 1'000'000);
  EXPECT_GT(share.window(), 1000u);
  share.forget();
  EXPECT_EQ(share.window(), 2u);
}

// As many tasks as the window has in each round trip, which the window alone bounds.
TEST(MpiParts, AWindowThatHoldsARankUpDoubles) {
  constexpr std::int64_t kRoundTrip = 20'000'000;
  Share share;
  share.workers = 1;
  share.set_round_trip(kRoundTrip);
  std::int64_t now = kSecond;
  int rounds = 0;
  while (share.window() < Share::kMostTasks && rounds < 100) {
    const std::size_t tasks = share.window();
    for (std::size_t i = 0; i < tasks; ++i) share.give(8, now);
    now += kRoundTrip;
    for (std::size_t i = 0; i < tasks; ++i) share.take_back(8);
    share.ended(tasks, now);
    EXPECT_GE(share.window(), std::min(2 * tasks, Share::kMostTasks));
    ++rounds;
  }
  EXPECT_LE(rounds, 13);
}

TEST(MpiParts, LongTasksAreNotGivenAheadOverAFastLink) {
  constexpr std::int64_t kTask = 10'000'000;
  Share share;
  share.workers = 1;
  share.set_round_trip(100'000);
  std::int64_t now = kSecond;
  for (int i = 0; i < 10; ++i) {
    share.give(8, now);
    now += kTask + 100'000;
    share.take_back(8);
    share.ended(1, now);
    EXPECT_EQ(share.window(), 1u);
  }
}

TEST(MpiParts, ARankOverASlowLinkIsNotStuckWhileMessagesAreOnTheirWay) {
  Share share;
  share.workers = 1;
  share.set_round_trip(50'000'000);
  share.give(8, kSecond);
  share.give(8, kSecond);
  EXPECT_FALSE(share.may_recall(kSecond + 100'000'000));
  EXPECT_TRUE(share.may_recall(kSecond + 100'000'001));
}

TEST(MpiParts, ARoundTripFollowsWhatIsSeenAndForgetsAStall) {
  RoundTrip trip;
  EXPECT_EQ(trip.ns(), 0);
  trip.took(40'000);
  EXPECT_EQ(trip.ns(), 40'000);
  trip.took(3 * kSecond);
  EXPECT_LE(trip.ns(), RoundTrip::kLongestNs / 8 + 40'000);
  trip.took(-5);  // clocks are read at different moments
  EXPECT_GE(trip.ns(), 0);
  for (int i = 0; i < 200; ++i) trip.took(40'000);
  EXPECT_NEAR(static_cast<double>(trip.ns()), 40'000, 10);
}

TEST(MpiParts, LargeMemoryIsKeptForTheNextThatIsAsLong) {
  constexpr std::size_t kSize = 3 << 20;
  std::byte* const memory = muster::detail::take_memory(kSize);
  ASSERT_NE(memory, nullptr);
  muster::detail::give_memory(memory);
  std::byte* const shorter = muster::detail::take_memory(kSize / 4);
  EXPECT_NE(shorter, memory) << "most of it would lie idle";
  std::byte* const same = muster::detail::take_memory(kSize);
  EXPECT_EQ(same, memory);
  muster::detail::give_memory(same);
  muster::detail::give_memory(shorter);
  muster::detail::give_memory(nullptr);
}

}  // namespace
