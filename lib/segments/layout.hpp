#pragma once

// The structures in a pool's shared memory: standard layout, offsets only, fixed sizes. Which
// segment holds which, and who may write it, stands in geometry.hpp; the handles that give them
// meaning are other types (slot_table.hpp, hint_ring.hpp, parking.hpp).
//
// If a process dies here: each field has one writer, but for control, where every process of the
// pool writes: slot words, park words, epoch and pump_sleeps change by steps of which each leaves
// what the others can go on from (the handles say how). What a dead worker has left in its window
// stays as it is until its successor starts, which clears the record; of an orderly one that has
// left a list of its blocks, the list too.

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/life_mark.hpp"
#include "lib/queue/hint_ring.hpp"
#include "lib/queue/parking.hpp"
#include "lib/queue/reservation.hpp"
#include "lib/segments/geometry.hpp"
#include "lib/slots/item_hold.hpp"
#include "lib/slots/slot_table.hpp"
#include "lib/telemetry/stack_record.hpp"
#include "lib/telemetry/worker_telemetry.hpp"

namespace muster::detail {

inline constexpr std::uint64_t kPoolMagic = 0x6c6f6f7072747375;  // "ustrpool"
inline constexpr std::uint32_t kLayoutVersion = 1;

inline constexpr std::size_t kInlineArguments = 48;
inline constexpr std::size_t kReturns = 512;
inline constexpr std::size_t kCompletions = 512;
inline constexpr std::size_t kDeaths = 256;
inline constexpr std::size_t kFrames = 64;
inline constexpr std::size_t kErrorText = 1024;
// Bytes of a pool's name that its memfds are called by: the kernel takes 249 for all of theirs.
inline constexpr std::size_t kPoolNameKept = 180;

// ---- tasks: written by the client ----

enum class PoolPhase : std::uint32_t { starting, running, shut_down, broken, closed };

// The start of the tasks segment; what a tool reads first.
inline constexpr std::size_t kWhyBrokenBytes = 1024;

struct PoolHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t client_pid;
  std::uint64_t layout_hash;
  std::uint64_t id;  // random: no other pool has it
  Geometry geometry;
  char name[kNameBytes];
  std::int64_t created_realtime_ns;   // since 1970
  std::int64_t created_monotonic_ns;  // the same instant on CLOCK_MONOTONIC
  std::uint64_t created_ticks;        // and on the clock of ticks.hpp
  std::atomic<PoolPhase> state;
  std::atomic<std::uint32_t> replaces;  // OnWorkerDeath::replace
  // Counted by the client under its lock.
  MUSTER_POOL_METRICS(MUSTER_DECLARE_METRIC)
  std::atomic<std::uint32_t> names;            // entries of the table of names
  std::atomic<std::uint64_t> lost[kMaxNames];  // by name: tasks, or items, that ended with a worker
  // Changes when the client has let a block of shared memory go that workers may know.
  std::atomic<std::uint32_t> blocks_gone;
  // What its futures were told, cut off where there is no room; written before `state` says that
  // the pool is broken.
  char why_broken[kWhyBrokenBytes];
};
static_assert(sizeof(PoolHeader) <= kPage);

enum TaskFlags : std::uint8_t {
  kInArena = 1,  // the arguments' bytes lie in the arena, at Where::offset
  kChunk = 2,    // many items: see Where::first and Where::count
  kTimed = 4,    // has a time limit: when it began must be known exactly
  kTraced = 8,   // is timed: its slot has a TraceMark
};

// What a worker must know of a task. A cache line, written by the client before the slot is
// published and left alone until it is free again, but for `stop`.
struct alignas(64) TaskPart {
  struct Where {
    std::uint64_t offset;  // into the arguments' arena
    std::uint64_t size;
    std::uint32_t first;  // chunk: the first item to run
    std::uint32_t count;  // chunk: items in all
  };

  std::uint64_t function;     // FunctionCode of the thunk
  std::uint8_t inline_bytes;  // of the arguments, where they are inline
  std::uint8_t flags;
  std::uint8_t name;  // index into the table of names
  std::uint8_t pad;
  std::atomic<std::uint32_t> stop;  // StopBits; the client's alone to write, at any time
  union {
    unsigned char bytes[kInlineArguments];
    Where where;
  };
};
static_assert(sizeof(TaskPart) == 64);

// Blocks of a worker's arena that the client has done with: a ring with one writer, the client,
// and one reader, the worker, whose place in it is WorkerRecord::returned.
struct alignas(64) Returns {
  // An entry is a block's offset, or with this bit an ArenaFloor below which nothing is held any
  // more: what dead predecessors had there.
  static constexpr std::uint64_t kAllBelow = 1;

  std::atomic<std::uint64_t> written;
  std::uint64_t pad[7];
  std::atomic<std::uint64_t> entries[kReturns];
};

// ---- control: written by all ----

struct ControlHeader {
  RingEnds ends;
  // 1: the client's pump sleeps, or is about to; who sets it back to 0 rings the doorbell.
  alignas(128) std::atomic<std::uint32_t> pump_sleeps;
};

// ---- results: a window a worker, written by it alone ----

enum class WorkerPhase : std::uint32_t {
  absent = 0,
  starting,  // up to the end of the initializer
  ready,     // takes tasks
  ending,    // takes no more: finalizer, then exit
  ended,     // in order: its exit is not a death
  init_failed,
  destroying,  // after `ending`: destroys what its tasks have made by this_worker::local()
  limits_failed,
};

// A block of the worker's arena in one word, so that it is never seen half written:
// {offset / 64 : 34, size / 64 : 30}.
struct ChunkRegion {
  static constexpr std::uint64_t pack(std::uint64_t offset, std::uint64_t size) {
    return (offset / 64) << 30 | (size / 64);
  }
  static constexpr std::uint64_t offset(std::uint64_t word) { return (word >> 30) * 64; }
  static constexpr std::uint64_t size(std::uint64_t word) {
    return (word & ((std::uint64_t{1} << 30) - 1)) * 64;
  }
};

// Where an incarnation's arena begins in its window, as a word that only grows: {lap:22,
// offset:42}, at a page. Each begins behind its predecessor's; a lap begins at offset 0 once nobody
// holds anything of the one before it.
struct ArenaFloor {
  static constexpr unsigned kOffsetBits = 42;
  static constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kOffsetBits) - 1;

  static constexpr std::uint64_t offset(std::uint64_t word) { return word & kOffsetMask; }
  static constexpr std::uint64_t lap(std::uint64_t word) { return word >> kOffsetBits; }
  static constexpr std::uint64_t next_lap(std::uint64_t word) {
    return (lap(word) + 1) << kOffsetBits;
  }
};

// Written by the crash handler, which may run at any instruction: `signal` after what stands
// between it and the frames, with release; the frames after it, their count last.
struct CrashRecord {
  std::atomic<std::int32_t> signal;
  std::int32_t code;       // si_code; positive: the kernel's own, and there is an address
  std::uint64_t at_ticks;  // when it came: what the kernel does afterwards takes long
  std::uint64_t address;   // 0: none
  std::uint32_t frames;
  std::uint32_t sender;          // the process that sent the signal; 0: none, or not known
  std::uint64_t frame[kFrames];  // addresses in the worker: where it crashed, and in calls
};

struct alignas(64) WorkerRecord {
  std::atomic<WorkerPhase> phase;
  std::atomic<std::uint32_t> pid;
  std::atomic<std::uint64_t> incarnation;
  // What it runs: Hint bits + 1; 0: nothing. Since `started_ticks` (ticks.hpp); of tiny tasks
  // without a time limit, since one of the last few began.
  std::atomic<std::uint64_t> current;
  std::atomic<std::uint64_t> started_ticks;
  MUSTER_WORKER_LOOP_METRICS(MUSTER_DECLARE_METRIC)
  std::atomic<std::uint64_t> average_ticks;  // from one task to the next of late; 0: not known

  alignas(64) std::atomic<std::uint64_t> completed;  // entries ever written to `completions`
  std::atomic<std::uint64_t> returned;               // entries read from this worker's Returns
  std::atomic<std::uint64_t> progress_done;
  std::atomic<std::uint64_t> progress_total;
  MUSTER_WORKER_MEMORY_METRICS(MUSTER_DECLARE_METRIC)
  // The chunk that runs: items ended, and where their outcomes are. Written after each item.
  std::atomic<std::uint64_t> chunk_region;  // ChunkRegion
  std::atomic<std::uint32_t> chunk_items;
  // ArenaFloor: where this incarnation's arena begins. Before it lies what the client may hold of
  // its predecessors'.
  std::atomic<std::uint64_t> arena_floor;

  // Not 0: the worker ended in order, and its successor goes on in its arena. One more than where
  // the list of blocks lies in it that the client has yet to hand back: their number, then their
  // offsets.
  std::atomic<std::uint64_t> arena_left;

  // Blocks of shared memory (block_registry.hpp) that its tasks have kept beyond their ends.
  std::atomic<std::uint64_t> blocks_held;

  // Where a successor's arena begins.
  std::uint64_t next_floor() const {
    return arena_floor.load() + (arena_left.load() != 0 ? 0 : arena_backed.load());
  }

  alignas(64) std::atomic<std::uint32_t> completions[kCompletions];  // slots: hints, like the ring
  CrashRecord crash;
  char init_error[kErrorText];  // with WorkerPhase::init_failed and limits_failed
  LifeMark life;
  StackRecord stack;
};

// ---- facts: written by the supervisor ----

struct alignas(64) WorkerFacts {
  std::atomic<std::uint32_t> pid;       // 0: none at the moment
  std::atomic<std::uint32_t> admitted;  // low bits of the incarnation that may take tasks
  std::atomic<std::uint64_t> incarnation;
  std::atomic<std::uint32_t> deaths;
  std::atomic<std::int64_t> started_monotonic_ns;
};

// How a worker ended, all that is known. Immutable once `number` is set, until the ring laps.
struct DeathRecord {
  std::atomic<std::uint64_t> number;  // 1, 2, ...: written last, with release
  std::uint32_t worker;
  std::uint32_t pid;
  std::uint64_t incarnation;
  std::int32_t exit_code;    // -1: none
  std::int32_t term_signal;  // 0: none
  std::uint32_t core_dumped;
  std::uint32_t task_was_killing;  // the client had asked for its end
  std::uint64_t task;              // Hint bits + 1 of what it ran; 0: nothing
  std::uint64_t at_ticks;          // when it was found to have ended
  std::uint32_t name;              // index into the table of names, of what it ran
  std::uint32_t pad;
  std::uint32_t requeued;       // Recovery::Held::not_begun
  std::uint32_t written_off;    // 1: it did not end of SIGKILL, and nobody waits for it any more
  std::uint32_t out_of_memory;  // 1: the kernel killed for lack of memory, and perhaps this one
  std::uint32_t chunk_items;    // of a chunk that ran: those that had ended
  std::uint64_t chunk_region;   // its ChunkRegion; 0: none ran
  std::uint64_t ran_for_ticks;
  std::uint64_t max_rss_bytes;  // ExitFacts::max_rss_bytes
  WorkerPhase phase;            // in which it died, as its record says: not to be believed
  CrashRecord crash;
};

struct Facts {
  std::atomic<std::uint32_t> supervisor_pid;
  // 1: the supervisor ends all workers. What their words say is so until it says what broke the
  // pool, however long the last of them takes.
  std::atomic<std::uint32_t> ends_all;
  MUSTER_FACTS_METRICS(MUSTER_DECLARE_METRIC)  // `deaths` counts the records ever written, too
  DeathRecord death[kDeaths];
  // WorkerFacts[workers] follow at the next cache line.
};

inline constexpr std::size_t kWorkerFactsAt = (sizeof(Facts) + 63) / 64 * 64;

// Two builds that lay this out differently refuse each other.
constexpr std::uint64_t layout_hash() {
  std::uint64_t hash = 0xcbf29ce484222325;
  const std::uint64_t words[] = {kLayoutVersion,
                                 sizeof(PoolHeader),
                                 offsetof(PoolHeader, state),
                                 offsetof(PoolHeader, names),
                                 offsetof(PoolHeader, why_broken),
                                 sizeof(TaskPart),
                                 sizeof(Returns),
                                 sizeof(ControlHeader),
                                 sizeof(SlotLine),
                                 sizeof(ParkLine),
                                 sizeof(Reservation),
                                 sizeof(WorkerRecord),
                                 sizeof(StackRecord),
                                 kStackBytes,
                                 sizeof(Facts),
                                 sizeof(DeathRecord),
                                 offsetof(DeathRecord, max_rss_bytes),
                                 sizeof(WorkerFacts),
                                 sizeof(WorkerTelemetry),
                                 sizeof(EventEntry),
                                 kHistogramBytes,
                                 kMaxNames,
                                 kNameBytes};
  const auto add = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  for (const std::uint64_t word : words) add(word);
  // Two that have changed places are of the same size.
  const auto add_names = [&add](const auto& metrics) {
    for (const MetricDescription& metric : metrics) {
      for (const char c : metric.name) add(static_cast<unsigned char>(c));
    }
  };
  add_names(kPoolMetrics);
  add_names(kFactsMetrics);
  add_names(kWorkerMetrics);
  add_names(kNameMetrics);
  return hash;
}

}  // namespace muster::detail
