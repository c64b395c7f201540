// What is written down of a death, and told.

#include "lib/supervisor/death_record.hpp"

#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "lib/client/death_text.hpp"
#include "lib/common/ticks.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace muster::detail;

// A worker that crashed in a task; many ticks later its core is written and it is reaped.
class Crashed : public testing::Test {
 protected:
  static constexpr std::uint64_t kTask = 5;
  static constexpr std::uint64_t kRan = 1000;

  Crashed() {
    record->current.store(kTask);
    record->started_ticks.store(ticks_now() - 1'000'000'000);
    record->crash.at_ticks = record->started_ticks.load() + kRan;
    record->crash.signal.store(11);
  }
  std::uint64_t ran_for_ticks() {
    fill_death(*death, {.term_signal = 11}, 0, 7, 1, kTask, record.get());
    return death->ran_for_ticks;
  }

  std::unique_ptr<WorkerRecord> record = std::make_unique<WorkerRecord>();
  std::unique_ptr<DeathRecord> death = std::make_unique<DeathRecord>();
};

TEST_F(Crashed, RanUntilItCrashed) { EXPECT_EQ(ran_for_ticks(), kRan); }

TEST_F(Crashed, IsNotBelievedThatItCrashedBeforeItBegan) {
  record->crash.at_ticks = record->started_ticks.load() - 1;
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
}

TEST_F(Crashed, IsNotBelievedThatItCrashesLater) {
  record->crash.at_ticks = ~std::uint64_t{0};
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
  const std::uint64_t told = ran_for_ticks();
  EXPECT_LE(told, ticks_now() - record->started_ticks.load());
}

TEST_F(Crashed, RanUntilItIsReapedWhereNoHandlerSawIt) {
  record->crash.signal.store(0);
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
}

TEST_F(Crashed, TellsOfTheItemsThatItsTimeIsOfToo) {
  record->chunk_region.store(ChunkRegion::pack(64, 64));
  record->chunk_items.store(3);
  ran_for_ticks();
  const std::string text = describe_death(read_death(*death, "resize", 1.2), 1, 1);
  EXPECT_NE(text.find("for 1.2 s with the 3 items before it"), std::string::npos) << text;
}

}  // namespace
