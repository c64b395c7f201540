#include "lib/queue/hint_ring.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/queue/reservation.hpp"

namespace muster::detail {
namespace {

class HintRingTest : public testing::Test {
 protected:
  static constexpr std::size_t kCells = 8;

  // As many hints as it gives, up to `most`.
  std::vector<std::uint64_t> take(HintRing<>& ring, std::size_t most) {
    std::array<std::uint64_t, kCells> out;
    const std::size_t n = ring.reserve(std::span(out).first(most), [](std::size_t) {});
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n)};
  }
  static Hint hint(std::uint32_t slot) { return {slot, TaskTag::first_attempt(slot + 100)}; }

  RingEnds ends_{};
  std::array<RingCell, kCells> cells_{};
  HintRing<> producer_{&ends_, cells_};
  HintRing<> consumer_{&ends_, cells_};
};

TEST_F(HintRingTest, HintsKeepSlotAndTagApart) {
  const Hint h(0x7fff, TaskTag(TaskTag::kMask));
  EXPECT_EQ(h.slot(), 0x7fffu);
  EXPECT_EQ(h.tag(), TaskTag(TaskTag::kMask));
}

TEST_F(HintRingTest, GivesHintsInTheOrderOfPublication) {
  for (std::uint32_t i = 0; i < 5; ++i) ASSERT_TRUE(producer_.publish(hint(i)));
  EXPECT_EQ(consumer_.size(), 5u);
  EXPECT_EQ(take(consumer_, 2), (std::vector{hint(0).bits(), hint(1).bits()}));
  EXPECT_EQ(take(consumer_, 8), (std::vector{hint(2).bits(), hint(3).bits(), hint(4).bits()}));
  EXPECT_TRUE(take(consumer_, 8).empty());
}

TEST_F(HintRingTest, AFullRingRefusesAndTakesAgainAfterAReservation) {
  for (std::uint32_t i = 0; i < kCells; ++i) ASSERT_TRUE(producer_.publish(hint(i)));
  EXPECT_FALSE(producer_.publish(hint(99)));
  EXPECT_EQ(take(consumer_, 1).size(), 1u);
  EXPECT_TRUE(producer_.publish(hint(8)));
  EXPECT_FALSE(producer_.publish(hint(99)));
}

TEST_F(HintRingTest, WorksOverManyLaps) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(producer_.publish(hint(i)));
    ASSERT_EQ(take(consumer_, 8), std::vector{hint(i).bits()});
  }
}

TEST_F(HintRingTest, AnnouncesBeforeItTakes) {
  ASSERT_TRUE(producer_.publish(hint(1)));
  std::array<std::uint64_t, 1> out;
  bool announced = false;
  consumer_.reserve(out, [&](std::size_t count) {
    announced = true;
    EXPECT_EQ(count, 1u);
    EXPECT_EQ(consumer_.size(), 1u) << "not taken yet";
  });
  EXPECT_TRUE(announced);
}

TEST_F(HintRingTest, AHeadThatIsScribbledOverMakesTheRingFullAndNothingWorse) {
  ends_.head.store(~std::uint64_t{0});
  for (std::uint32_t i = 0; i < kCells; ++i) producer_.publish(hint(i));
  EXPECT_FALSE(producer_.publish(hint(99)));
  // Old hints at most, which nobody can claim, and an end to them.
  for (int laps = 0; !take(consumer_, kCells).empty(); ++laps) ASSERT_LT(laps, 2);
}

TEST_F(HintRingTest, IsReadyAsLongAsThereIsAHint) {
  for (std::uint32_t i = 0; i < 3 * kCells; ++i) {
    EXPECT_FALSE(consumer_.ready()) << i;
    ASSERT_TRUE(producer_.publish(hint(i)));
    EXPECT_TRUE(consumer_.ready()) << i;
    EXPECT_EQ(take(consumer_, 1).size(), 1u);
  }
}

TEST(ReservationTest, CountsWhatIsNotBegun) {
  Reservation reservation{};
  EXPECT_EQ(reservation.left(), 0u);
  const std::array<std::uint64_t, 3> hints = {1, 2, 3};
  reservation.announce(hints);
  EXPECT_EQ(reservation.left(), 3u);
  reservation.advance(2);
  EXPECT_EQ(reservation.left(), 1u);
  reservation.announce({});
  EXPECT_EQ(reservation.left(), 0u);
  reservation.count.store(~std::uint32_t{0});  // scribbled over
  EXPECT_EQ(reservation.left(), kMaxReserved);
}

// One producer, several consumers, a ring far smaller than the number of tasks: each task is
// claimed exactly once, whatever hints are lost or come twice.
TEST(HintRingThreads, EveryTaskIsClaimedOnce) {
  constexpr std::uint32_t kSlots = 64;
  constexpr std::uint32_t kTasks = 20'000;
  constexpr std::uint32_t kConsumers = 3;
  RingEnds ends{};
  std::array<RingCell, 2 * kSlots> cells{};
  std::array<SlotLine, kSlots> lines{};
  std::vector<std::atomic<std::uint32_t>> claimed(kTasks);
  std::atomic<bool> stop{false};

  std::vector<std::thread> consumers;
  for (std::uint32_t w = 0; w < kConsumers; ++w) {
    consumers.emplace_back([&, w] {
      HintRing<> ring(&ends, cells);
      SlotTable<> slots(lines);
      std::array<std::uint64_t, 4> out;
      while (!stop.load()) {
        const std::size_t n = ring.reserve(out, [](std::size_t) {});
        if (n == 0) std::this_thread::yield();
        for (std::size_t i = 0; i < n; ++i) {
          const Hint h(out[i]);
          if (!slots.claim(h.slot(), h.tag(), w)) continue;
          claimed[h.tag().id()].fetch_add(1);
          EXPECT_TRUE(slots.finish(h.slot(), h.tag(), w, false));
        }
      }
    });
  }
  HintRing<> ring(&ends, cells);
  SlotTable<> slots(lines);
  std::uint32_t slot = 0;
  for (std::uint32_t id = 0; id < kTasks; ++id) {
    for (;; slot = (slot + 1) % kSlots) {
      const SlotStatus status = slots.read(slot).status();
      if (status == SlotStatus::free || is_terminal(status)) break;
      if (slot == 0) std::this_thread::yield();
    }
    slots.publish(slot, TaskTag::first_attempt(id), 0);
    while (!ring.publish(Hint(slot, TaskTag::first_attempt(id)))) std::this_thread::yield();
  }
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    while (slots.read(i).status() == SlotStatus::pending ||
           slots.read(i).status() == SlotStatus::running) {
      std::this_thread::yield();
    }
  }
  stop.store(true);
  for (auto& consumer : consumers) consumer.join();
  for (std::uint32_t id = 0; id < kTasks; ++id) ASSERT_EQ(claimed[id].load(), 1u) << "task " << id;
}

}  // namespace
}  // namespace muster::detail
