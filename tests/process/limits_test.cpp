// Time limits, as the client enforces them against what a worker says of itself.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <exception>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "probed_pool.hpp"
#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::SlotStatus;
using muster::detail::TaskTag;

constexpr std::uint32_t kNonsense = 0xffffffff;
constexpr muster::TaskOptions kLimited{.task_timeout = std::chrono::milliseconds(1)};

class Limits : public testing::Test {
 protected:
  void pump_past_the_limit() {
    pool.probe.pump_once();  // it is seen
    ::usleep(2000);
    pool.probe.pump_once();
  }

  probed::ProbedPool pool;
};

TEST_F(Limits, AChunkWhoseWorkerWritesOverItsNotesEndsAllTheSame) {
  auto chunk = pool.map(4, kLimited);
  // The second item kills the worker, the third one writes over the notes.
  pool.die_behind_one_item(pool.encode_item(100));
  pool.probe.pump_once();
  pool.begin();
  pool.record().chunk_items.store(kNonsense);
  pump_past_the_limit();
  ASSERT_EQ(pool.status(), SlotStatus::killing);
  pool.die_in_task(0, kNonsense, true);
  pool.probe.pump_once();
  // And so it goes on with the fourth.
  ASSERT_EQ(pool.status(), SlotStatus::pending);
  EXPECT_EQ(pool.probe.views().tasks.part(pool.slot()).where.first, 3U);
}

TEST_F(Limits, ItemsThatAreSaidToComeAndGoDoNotProlongTheLimit) {
  auto chunk = pool.map(4, kLimited);
  pool.begin();
  std::uint32_t said = 0;
  while (pool.status() == SlotStatus::running) {
    pool.record().chunk_items.store(said);
    pool.probe.pump_once();
    said = said == 0 ? kNonsense : said == kNonsense ? 1 : 0;
    ::usleep(500);
  }
  EXPECT_EQ(pool.status(), SlotStatus::killing);
}

TEST_F(Limits, CountForEachAttemptAlsoWhereTagsComeAgain) {
  constexpr unsigned kTags = 16;
  auto chunk = pool.map(1, {.task_timeout = std::chrono::milliseconds(1), .retries = kTags});
  pool.begin();
  const TaskTag first = *pool.probe.tag(pool.slot());
  pool.probe.pump_once();
  // These attempts end before they are seen to run.
  for (unsigned i = 0; i < kTags; ++i) {
    pool.die_in_task();
    pool.probe.pump_once();
  }
  ASSERT_EQ(*pool.probe.tag(pool.slot()), first);
  ::usleep(2000);
  pool.begin();
  pool.probe.pump_once();
  EXPECT_EQ(pool.status(), SlotStatus::running);
}

TEST_F(Limits, AKillForWhichThereWasNoRoomIsAskedForAgain) {
  auto chunk = pool.map(1, kLimited);
  pool.begin();
  pool.probe.pump_once();
  while (pool.probe.ask_to_kill()) {
  }
  ::usleep(2000);
  pool.probe.pump_once();
  ASSERT_EQ(pool.status(), SlotStatus::killing);
  EXPECT_NE(pool.probe.read_requests_to_kill(), 0U);
  pool.probe.pump_once();
  EXPECT_EQ(pool.probe.read_requests_to_kill(), 1U);
  pool.probe.pump_once();
  EXPECT_EQ(pool.probe.read_requests_to_kill(), 0U);
}

// The supervisor, who would have changed the task's word, has died, and the worker with it.
TEST(Orphans, WhatTheyHadDoneOfAChunkIsKept) {
  probed::ProbedPool pool;
  auto chunk = pool.map(2);
  pool.succeed(0);
  pool.probe.pump_once();
  const std::size_t bytes = pool.encode_item(100);
  pool.begin();
  pool.record().chunk_region.store(pool.region_of(bytes));
  pool.record().chunk_items.store(1);
  pool.probe.end();
  auto result = chunk.result();
  std::exception_ptr error;
  ASSERT_NE(result.find(0, error), nullptr);
  EXPECT_EQ(*result.find(0, error), probed::letters(100));
  EXPECT_EQ(result.find(1, error), nullptr);
  test_support::as<muster::BrokenProcessPool>(error);
}

}  // namespace
