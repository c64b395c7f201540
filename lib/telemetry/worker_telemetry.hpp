#pragma once

// What a worker tells of its tasks, in its window between its record and its arena: counts of all
// of them, and of those that are timed how long they waited and ran. Written by the worker alone,
// read by the client and by the status tool.
//
// If the worker dies here: each number is one store, and each count is raised by its one writer. A
// task may be counted and its time not, or the other way round. A failure's text is written before
// it is counted. The successor goes on where it ended.
//
// Memory: counts, failures and the histogram of times in the queue have pages before the pool takes
// its first task. Most of the rest is never touched. A name's histogram is three pages, which are
// allocated before the first bucket is written; the ring's come as it fills. Where there is no
// memory for them the histogram is not written, and the ring ends: a worker does not die of what it
// tells. Whoever reads looks at the counts first, and at no buckets but those which were written,
// since reading where there are no pages would take up memory.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/count.hpp"
#include "lib/segments/geometry.hpp"
#include "lib/telemetry/event_ring.hpp"
#include "lib/telemetry/histogram_buckets.hpp"
#include "lib/telemetry/metrics.hpp"

namespace muster::detail {

// When a task was submitted, and how many it stands for: {weight_log2:4, ticks:60}.
struct TraceMark {
  static constexpr unsigned kTickBits = 60;
  static constexpr std::uint64_t kTickMask = (std::uint64_t{1} << kTickBits) - 1;

  // Of a task that was chosen after it was submitted.
  static constexpr std::uint64_t kNotTimed = 1;

  static constexpr bool is_timed(std::uint64_t word) { return ticks(word) > kNotTimed; }
  static constexpr std::uint64_t pack(std::uint64_t ticks, unsigned weight_log2) {
    return static_cast<std::uint64_t>(weight_log2) << kTickBits | (ticks & kTickMask);
  }
  static constexpr std::uint64_t ticks(std::uint64_t word) { return word & kTickMask; }
  static constexpr unsigned weight_log2(std::uint64_t word) {
    return static_cast<unsigned>(word >> kTickBits);
  }
};

// Shorter tasks (about 2 us) are tiny: workers take several at a time, and not each is timed.
inline constexpr std::uint64_t kTinyTicks = 6000;

// The buckets of a histogram that were written: {first:16, behind the last:16}. 0: none.
struct BucketRange {
  // By its one writer.
  void widen(std::size_t index) {
    const std::uint64_t now = word.load(std::memory_order_relaxed);
    const std::size_t first = now == 0 ? index : std::min(index, begin(now));
    const std::size_t behind = std::max(index + 1, end(now));
    const std::uint64_t wide = first | behind << 16;
    // Relaxed: for whoever looks in; a bucket that he does not know of yet he sees the next time.
    if (wide != now) word.store(wide, std::memory_order_relaxed);
  }
  static constexpr std::size_t begin(std::uint64_t word) { return word & 0xffff; }
  static constexpr std::size_t end(std::uint64_t word) { return word >> 16 & 0xffff; }

  std::atomic<std::uint64_t> word;
};

// Times in ticks (ticks.hpp).
struct SharedHistogram {
  // By its one writer.
  void add(std::uint64_t ticks, std::uint64_t weight, BucketRange& range) {
    const std::size_t index = HistogramBuckets::index(ticks);
    raise(counts[index], weight);
    range.widen(index);
  }

  std::atomic<std::uint64_t> counts[HistogramBuckets::kCount];
};
inline constexpr std::size_t kHistogramBytes = page_up(sizeof(SharedHistogram));

struct alignas(64) NameTelemetry {
  MUSTER_NAME_METRICS(MUSTER_DECLARE_METRIC)
  // How long they take of late, those that stand for others counted as these; 0: not known.
  std::atomic<std::uint64_t> recent_ticks;
  BucketRange run_time;  // of the histogram
};
static_assert(sizeof(NameTelemetry) == 64);  // what a task writes of itself is one cache line

// Tasks that threw the same.
struct alignas(64) FailureTelemetry {
  static constexpr std::size_t kText = 232;

  std::atomic<std::uint64_t> count;  // 0: nothing stands here; raised last
  std::uint64_t hash;
  std::uint8_t name;  // of the task
  char text[kText];   // ends with 0
};
inline constexpr std::size_t kFailures = 64;

struct WorkerTelemetry {
  MUSTER_WORKER_TASK_METRICS(MUSTER_DECLARE_METRIC)
  BucketRange queue_time;  // of the histogram
  EventCount events;
  NameTelemetry names[kMaxNames];
  // The last one counts what the others have no room for.
  FailureTelemetry failure_texts[kFailures];
};

// What is kept of tasks.
struct TelemetryPlan {
  std::uint32_t histograms = 0;  // of run times: kMaxNames, or none
  std::uint32_t events = 0;      // entries of the ring; a power of two, or none

  // Offsets from where a worker's telemetry begins: WorkerTelemetry, the histogram of times in the
  // queue, those of run times by name, the ring of events.
  static constexpr std::size_t queue_time_at() { return page_up(sizeof(WorkerTelemetry)); }
  static constexpr std::size_t run_time_at(std::size_t name) {
    return queue_time_at() + (name + 1) * kHistogramBytes;
  }
  // What there is in any case; the rest as it is first needed.
  static constexpr std::size_t fixed_bytes() { return run_time_at(0); }
  constexpr std::size_t events_at() const { return run_time_at(histograms); }
  constexpr std::size_t bytes() const { return page_up(events_at() + events * sizeof(EventEntry)); }
};

// One worker's, where it is mapped.
struct TelemetryView {
  std::byte* base = nullptr;
  TelemetryPlan plan;

  WorkerTelemetry& head() const { return *reinterpret_cast<WorkerTelemetry*>(base); }  // NOLINT
  SharedHistogram& queue_time() const { return histogram(TelemetryPlan::queue_time_at()); }
  // REQUIRES: there are some.
  SharedHistogram& run_time(std::uint8_t name) const {
    return histogram(TelemetryPlan::run_time_at(name));
  }
  EventRing ring() const {
    return {&head().events,
            {reinterpret_cast<EventEntry*>(base + plan.events_at()), plan.events}};  // NOLINT
  }

 private:
  SharedHistogram& histogram(std::size_t at) const {
    return *reinterpret_cast<SharedHistogram*>(base + at);  // NOLINT: bytes become structures
  }
};

}  // namespace muster::detail
