#include "lib/client/in_flight.hpp"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace muster::detail {
namespace {

std::size_t harvest(InFlight& tasks, const std::set<std::uint32_t>& done, std::size_t limit,
                    std::size_t patience, std::vector<std::uint32_t>* order = nullptr) {
  return tasks.scan(
      limit, patience,
      [&](std::uint32_t slot) {
        if (!done.contains(slot)) return false;
        if (order != nullptr) order->push_back(slot);
        tasks.give_back(slot);
        return true;
      },
      [&](std::uint32_t slot) { EXPECT_TRUE(tasks[slot].in_use()); });
}

TEST(InFlight, GivesEverySlotOnceUntilItIsFull) {
  InFlight tasks;
  tasks.set_up(8);
  std::set<std::uint32_t> slots;
  while (!tasks.full()) slots.insert(tasks.take());
  EXPECT_EQ(slots.size(), 8u);
  EXPECT_EQ(tasks.size(), 8u);
}

TEST(InFlight, FindsWhatEndedInTheOrderOfSubmission) {
  InFlight tasks;
  tasks.set_up(8);
  std::vector<std::uint32_t> taken;
  for (int i = 0; i < 6; ++i) taken.push_back(tasks.take());
  std::vector<std::uint32_t> order;
  const std::set<std::uint32_t> done{taken[0], taken[1], taken[3]};
  EXPECT_EQ(harvest(tasks, done, 8, 2, &order), 3u);
  EXPECT_EQ(order, (std::vector{taken[0], taken[1], taken[3]}));
  EXPECT_EQ(tasks.size(), 3u);
}

TEST(InFlight, GivesUpAfterSoManyUnfinishedOnes) {
  InFlight tasks;
  tasks.set_up(8);
  std::vector<std::uint32_t> taken;
  for (int i = 0; i < 6; ++i) taken.push_back(tasks.take());
  EXPECT_EQ(harvest(tasks, {taken[5]}, 8, 2), 0u);
  EXPECT_EQ(harvest(tasks, {taken[5]}, 8, 6), 1u);
}

TEST(InFlight, ComesBackToATaskThatWasPassedOver) {
  InFlight tasks;
  tasks.set_up(8);
  const std::uint32_t slow = tasks.take();
  const std::uint32_t quick = tasks.take();
  EXPECT_EQ(harvest(tasks, {quick}, 8, 2), 1u);
  EXPECT_EQ(tasks.oldest(), slow);
  EXPECT_EQ(harvest(tasks, {slow}, 8, 2), 1u);
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_EQ(tasks.oldest(), tasks.slots());
}

TEST(InFlight, ALongTaskDoesNotHideThoseBehindItForEver) {
  InFlight tasks;
  tasks.set_up(16);
  const std::uint32_t slow = tasks.take();
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t slot = tasks.take();
    ASSERT_EQ(harvest(tasks, {slot}, 1, 4), 1u) << "round " << i;
  }
  EXPECT_EQ(tasks.oldest(), slow);
  EXPECT_EQ(tasks.size(), 1u);
}

TEST(InFlight, RandomEndsLoseNothing) {
  std::mt19937 random(1);
  InFlight tasks;
  tasks.set_up(32);
  std::set<std::uint32_t> running;
  for (int round = 0; round < 5000; ++round) {
    while (!tasks.full() && random() % 4 != 0) {
      const std::uint32_t slot = tasks.take();
      ASSERT_TRUE(running.insert(slot).second);
    }
    std::set<std::uint32_t> done;
    for (const std::uint32_t slot : running) {
      if (random() % 3 == 0) done.insert(slot);
    }
    std::size_t got = 0;
    // As often as there is anything: each call gives up or comes back to what it passed over.
    for (std::size_t n = 1; n != 0; got += n) n = harvest(tasks, done, 8, 32);
    ASSERT_EQ(got, done.size());
    for (const std::uint32_t slot : done) running.erase(slot);
    ASSERT_EQ(tasks.size(), running.size());
  }
}

TEST(InFlight, KnowsWhichNumbersATaskIsBehind) {
  InFlight tasks;
  tasks.set_up(16);
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 5; ++i) taken.insert(tasks.take());
  tasks.give_back(*taken.begin());
  taken.erase(taken.begin());
  for (std::uint32_t slot = 0; slot < 100; ++slot) {
    EXPECT_EQ(tasks.in_use(slot), taken.contains(slot)) << slot;
  }
  EXPECT_FALSE(tasks.in_use(~std::uint32_t{0}));
  std::set<std::uint32_t> used;
  tasks.for_each_used([&](std::uint32_t slot) { used.insert(slot); });
  EXPECT_EQ(used.size(), 5u);
}

}  // namespace
}  // namespace muster::detail
