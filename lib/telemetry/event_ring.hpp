#pragma once

// What has happened to tasks, told by one process in a ring of its own and read by whoever may map
// it, at any time and without a write.
//
// Written: (1) the count says how many entries there were, (2) a fence, (3) the words of the next
// entry, over those of the one that is a lap older, (4) the count says one more. Read: (1) the
// count, (2) words of entries before it, (3) a fence, (4) the count again: an entry that is less
// than a lap older than what the count says then was whole. The fences pair with each other: who
// has read a word of step (3) finds the count of step (1), and so that the entry is gone.
//
// If the writer dies here: the entry that it wrote is not counted. One that follows it, a worker's
// successor, goes on from the count. Whoever reads loses what was written over meanwhile, and knows
// how much. What stands in the ring is not to be believed: a reader bounds what it makes of it.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "lib/slots/slot_word.hpp"
#include "lib/telemetry/metrics.hpp"

namespace muster::detail {

#define MUSTER_EVENT_NAME(name, sentence) name,
enum class EventKind : std::uint8_t { MUSTER_TASK_EVENTS(MUSTER_EVENT_NAME) };
#undef MUSTER_EVENT_NAME
#define MUSTER_EVENT_COUNT(name, sentence) +1
inline constexpr std::size_t kEventKinds = MUSTER_TASK_EVENTS(MUSTER_EVENT_COUNT);
#undef MUSTER_EVENT_COUNT

inline constexpr std::uint32_t kNoWorker = kMaxOwners - 1;

struct Event {
  EventKind kind = EventKind::submitted;
  std::uint8_t name = 0;         // index into the table of names
  std::uint8_t weight_log2 = 0;  // it stands for so many
  std::uint32_t worker = kNoWorker;
  TaskTag task;
  std::uint64_t at_ticks = 0;
  // started: when it was submitted; finished, failed, died: when it started. 0: not known.
  std::uint64_t since_ticks = 0;
};

struct alignas(32) EventEntry {
  std::atomic<std::uint64_t> words[4];
};

struct alignas(64) EventCount {
  std::atomic<std::uint64_t> written;
};

class EventRing {
 public:
  EventRing() = default;
  // `entries`: a power of two, or none: then nothing is kept.
  EventRing(EventCount* count, std::span<EventEntry> entries) : count_(count), entries_(entries) {}

  bool on() const { return !entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  // The writer's alone.
  void put(const Event& event) {
    if (!on()) return;
    const std::uint64_t n = count_->written.load(std::memory_order_relaxed);  // our own
    // Release: pairs with the reader's fence, as stands above.
    std::atomic_thread_fence(std::memory_order_release);
    EventEntry& entry = entries_[n & (entries_.size() - 1)];
    const std::uint64_t what = static_cast<std::uint64_t>(event.kind) |
                               static_cast<std::uint64_t>(event.name) << 8 |
                               static_cast<std::uint64_t>(event.weight_log2) << 16 |
                               static_cast<std::uint64_t>(event.worker) << 32;
    // Relaxed: the count orders them.
    entry.words[0].store(what, std::memory_order_relaxed);
    entry.words[1].store(event.task.bits(), std::memory_order_relaxed);
    entry.words[2].store(event.at_ticks, std::memory_order_relaxed);
    entry.words[3].store(event.since_ticks, std::memory_order_relaxed);
    // Release pairs with the reader's acquire: the words are there if they are counted.
    count_->written.store(n + 1, std::memory_order_release);
  }

  // A place in the ring for one who reads.
  struct Cursor {
    std::uint64_t next = 0;
  };
  // Of a ring that says to hold more, older ones are not looked at.
  static constexpr std::uint64_t kMostAtOnce = std::uint64_t{1} << 20;
  // Adds what has come since to `events`; of what says that it is none, nothing. Returns how many
  // were written over before they could be read, or not looked at.
  std::uint64_t read(Cursor& cursor, std::vector<Event>& events) const;

 private:
  EventCount* count_ = nullptr;
  std::span<EventEntry> entries_;
};

}  // namespace muster::detail
