// The ring of events: one writes, others read at any time.

#include "lib/telemetry/event_ring.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::Event;
using muster::detail::EventCount;
using muster::detail::EventEntry;
using muster::detail::EventKind;
using muster::detail::EventRing;
using muster::detail::TaskTag;

class Memory {
 public:
  explicit Memory(std::size_t entries) : entries_(new EventEntry[entries]{}), size_(entries) {}
  EventRing ring() { return {&count_, {entries_.get(), size_}}; }
  EventCount& count() { return count_; }
  EventEntry& entry(std::size_t i) { return entries_[i]; }

 private:
  EventCount count_{};
  std::unique_ptr<EventEntry[]> entries_;
  std::size_t size_;
};

// Every word of it says which one it is.
Event event(std::uint64_t n) {
  return {.kind = EventKind::finished,
          .name = static_cast<std::uint8_t>(n),
          .weight_log2 = static_cast<std::uint8_t>(n % 7),
          .worker = static_cast<std::uint32_t>(n % 4000),
          .task = TaskTag(n),
          .at_ticks = n * 3,
          .since_ticks = n * 5};
}

bool is_whole(const Event& e) {
  const std::uint64_t n = e.task.bits();
  const Event whole = event(n);
  return e.kind == whole.kind && e.name == whole.name && e.weight_log2 == whole.weight_log2 &&
         e.worker == whole.worker && e.at_ticks == whole.at_ticks &&
         e.since_ticks == whole.since_ticks;
}

TEST(EventRing, GivesWhatWasPutInOrder) {
  Memory memory(8);
  EventRing ring = memory.ring();
  EventRing::Cursor cursor;
  std::vector<Event> events;
  for (std::uint64_t n = 0; n < 5; ++n) ring.put(event(n));
  EXPECT_EQ(ring.read(cursor, events), 0U);
  ASSERT_EQ(events.size(), 5U);
  for (std::uint64_t n = 0; n < 5; ++n) EXPECT_EQ(events[n].task, TaskTag(n));
  EXPECT_EQ(ring.read(cursor, events), 0U);
  EXPECT_EQ(events.size(), 5U);
}

TEST(EventRing, SaysHowManyWereWrittenOver) {
  Memory memory(8);
  EventRing ring = memory.ring();
  EventRing::Cursor cursor;
  std::vector<Event> events;
  for (std::uint64_t n = 0; n < 20; ++n) ring.put(event(n));
  // The oldest of a full ring counts as one that may be written at this moment.
  EXPECT_EQ(ring.read(cursor, events), 13U);
  ASSERT_EQ(events.size(), 7U);
  EXPECT_EQ(events.front().task, TaskTag(13));
  EXPECT_EQ(events.back().task, TaskTag(19));
}

TEST(EventRing, OfNoEntriesKeepsNone) {
  EventRing ring;
  EventRing::Cursor cursor;
  std::vector<Event> events;
  ring.put(event(1));
  EXPECT_FALSE(ring.on());
  EXPECT_EQ(ring.read(cursor, events), 0U);
  EXPECT_TRUE(events.empty());
}

TEST(EventRing, BelievesNoCountThatGoesBack) {
  Memory memory(8);
  EventRing ring = memory.ring();
  EventRing::Cursor cursor{.next = 1'000'000};
  std::vector<Event> events;
  ring.put(event(1));
  EXPECT_EQ(ring.read(cursor, events), 0U);
  EXPECT_TRUE(events.empty());
  ring.put(event(2));
  ring.read(cursor, events);
  EXPECT_EQ(events.size(), 1U);
}

TEST(EventRing, LeavesOutWhatIsNoEvent) {
  Memory memory(4);
  EventRing ring = memory.ring();
  for (std::uint64_t n = 0; n < 3; ++n) ring.put(event(n));
  memory.entry(0).words[0].store(0xff);                    // no such kind
  memory.entry(1).words[0].store(std::uint64_t{1} << 60);  // no such worker
  EventRing::Cursor cursor;
  std::vector<Event> events;
  ring.read(cursor, events);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].task, TaskTag(2));
}

TEST(EventRing, ReadsNoMoreThanThereIsWhateverTheCountSays) {
  Memory memory(8);
  memory.count().written.store(~std::uint64_t{0});
  EventRing::Cursor cursor;
  std::vector<Event> events;
  memory.ring().read(cursor, events);
  EXPECT_LE(events.size(), 8U);
}

// Nothing that is half of one and half of another comes out, and none comes twice.
TEST(EventRing, GivesWholeEventsAloneWhileItIsWritten) {
  Memory memory(64);
  constexpr std::uint64_t kEvents = 300'000;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    EventRing ring = memory.ring();
    for (std::uint64_t n = 0; n < kEvents; ++n) ring.put(event(n));
    done.store(true);
  });
  EventRing ring = memory.ring();
  EventRing::Cursor cursor;
  std::uint64_t lost = 0;
  std::uint64_t got = 0;
  std::uint64_t next = 0;
  bool last = false;
  while (!last) {
    last = done.load();
    std::vector<Event> events;
    lost += ring.read(cursor, events);
    got += events.size();
    for (const Event& e : events) {
      ASSERT_TRUE(is_whole(e)) << e.task.bits();
      ASSERT_GE(e.task.bits(), next);
      next = e.task.bits() + 1;
    }
  }
  writer.join();
  EXPECT_EQ(lost + got, kEvents);
  EXPECT_GT(got, 0U);
}

}  // namespace
