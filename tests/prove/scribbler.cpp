#include "prove/scribbler.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <type_traits>

#include "lib/common/ticks.hpp"
#include "prove/random.hpp"
#include "support/shared_object.hpp"
#include "support/writable_memory.hpp"

namespace prove {

namespace {

using namespace muster::detail;

ScribbleCounts& counts = test_support::map_shared<ScribbleCounts>();

// One task's work.
class Scribbler {
 public:
  Scribbler(const test_support::WritableMemory& memory, std::uint64_t seed)
      : geometry_(memory.tasks.geometry),
        control_(memory.control),
        window_(memory.window),
        random_(seed) {}

  // Counts it where it has changed anything.
  void once(Scribble what);

 private:
  template <class Atomic>
  void put_into(Atomic&& where, typename std::remove_cvref_t<Atomic>::value_type value) {
    if (where.exchange(value, std::memory_order_relaxed) != value) changed_ = true;
  }
  template <class T>
  void put(std::atomic<T>& where, std::uint64_t value) {
    put_into(where, static_cast<T>(value));
  }
  // Of what is no atomic.
  template <class T>
  void put_plain(T& where, std::uint64_t value) {
    put_into(std::atomic_ref<T>(where), static_cast<T>(value));
  }
  void put_bytes(void* where, const void* bytes, std::size_t size) {
    if (std::memcmp(where, bytes, size) != 0) changed_ = true;
    std::memcpy(where, bytes, size);
  }
  void write(Scribble what);
  // A number that is likely to be wrong in an interesting way.
  std::uint64_t odd(std::uint64_t now) {
    switch (random_.below(9)) {
      case 0: return 0;
      case 1: return 1;
      case 2: return ~std::uint64_t{0};
      case 3: return now + 1 + random_.below(4);
      case 4: return now - 1 - random_.below(4);
      case 5: return now + random_.below(8192);
      case 6: return std::uint64_t{1} << random_.below(64);
      case 7: return random_.below(4096);
      default: return random_.next();
    }
  }
  template <class T>
  void spoil(std::atomic<T>& where) {
    put(where, odd(static_cast<std::uint64_t>(where.load(std::memory_order_relaxed))));
  }
  // Anywhere in what is used of the two mappings.
  std::byte* anywhere(std::size_t size) {
    const std::size_t record = sizeof(WorkerRecord);
    if (random_.percent(25)) return window_.base + random_.below(record - size + 1);
    return control_.base + random_.below(geometry_.control_bytes() - size + 1);
  }
  // Mostly one with a task in it.
  std::uint32_t some_slot() {
    const std::uint32_t start = random_.below(geometry_.slots);
    if (random_.percent(15)) return start;
    for (std::uint32_t i = 0; i < geometry_.slots; ++i) {
      const std::uint32_t slot = (start + i) % geometry_.slots;
      if (control_.slot_lines()[slot].word.load(std::memory_order_relaxed) != 0) return slot;
    }
    return start;
  }

  void slot_word();
  void attention();
  void park();
  void ring();
  void result();
  void record();
  void reservation();
  void arena();

  const Geometry geometry_;
  const ControlView control_;
  const WindowView window_;
  Random random_;
  bool changed_ = false;
};

void Scribbler::slot_word() {
  const std::uint32_t slot = some_slot();
  const SlotWord now(control_.slot_lines()[slot].word.load());
  const std::uint32_t owners[] = {now.owner(), 0, random_.below(geometry_.workers),
                                  geometry_.workers, kMaxOwners - 1};
  const TaskTag others(control_.slot_lines()[some_slot()].word.load() >> 16);
  const TaskTag tags[] = {now.tag(),
                          now.tag(),
                          now.tag().next_attempt(),
                          TaskTag(now.tag().bits() + 16),
                          others,
                          TaskTag(random_.next())};
  const auto status = static_cast<SlotStatus>(random_.below(random_.percent(90) ? 8 : 16));
  put(control_.slot_lines()[slot].word, SlotWord(status, owners[random_.below(std::size(owners))],
                                                 tags[random_.below(std::size(tags))])
                                            .bits());
}

void Scribbler::attention() {
  auto& word = control_.slot_lines()[some_slot()].attention;
  const std::uint32_t now = word.load();
  const std::uint32_t values[] = {0,
                                  now & ~kAttentionBits,
                                  now & ~kAttentionWaiter,
                                  now & ~kAttentionNotify,
                                  now | kAttentionBits,
                                  static_cast<std::uint32_t>(random_.next())};
  put(word, values[random_.below(std::size(values))]);
}

void Scribbler::park() {
  Sleepers& sleepers = *control_.sleepers();
  switch (random_.below(6)) {
    case 0: return spoil(sleepers.words[random_.below(4)]);
    case 1: return put(sleepers.words[0], 0);
    case 2: return put(sleepers.watched, random_.below(3));
    case 3: return put(sleepers.full_fences, random_.below(3));
    default: return put(control_.park()[random_.below(geometry_.workers)].state, random_.below(4));
  }
}

void Scribbler::ring() {
  RingEnds& ends = control_.header().ends;
  switch (random_.below(8)) {
    case 0:
    case 1: return spoil(ends.head);
    case 2:
    case 3: return spoil(ends.tail);
    case 4: return spoil(ends.sweep_epoch);
    case 5: return put(ends.closed, random_.below(3));
    default: {
      auto& cell = control_.cells()[random_.below(geometry_.ring_cells)];
      const std::uint64_t now = cell.load();
      const std::uint64_t values[] = {0, now ^ 0x8000, now ^ (1U << random_.below(15)),
                                      now + (std::uint64_t{1} << 20), random_.next()};
      return put(cell, values[random_.below(std::size(values))]);
    }
  }
}

void Scribbler::result() {
  ResultPart& part = control_.slot_lines()[some_slot()].result;
  const auto size = [&](std::uint64_t value) { put_plain(part.inline_size, value); };
  // Larger ones would be read by the client, in parts, as holes: that is only slow.
  constexpr std::uint64_t kSmall = 64 * 1024;
  switch (random_.below(7)) {
    case 0: return size(random_.below(42));
    case 1: return size(random_.next());
    case 2: return size(ResultPart::kInArena);
    case 3:
      put_plain(part.where.size, random_.percent(70) ? random_.below(kSmall) : random_.next());
      return size(ResultPart::kInArena);
    case 4:
      put_plain(part.where.offset,
                random_.percent(70) ? random_.below(1 << 20) : odd(geometry_.arena_bytes));
      return size(ResultPart::kInArena);
    case 5: return put_plain(part.where.ran_ticks, random_.next());
    default: put_plain(part.bytes[random_.below(kInlineResult)], random_.next());
  }
}

void Scribbler::record() {
  WorkerRecord& r = window_.record();
  switch (random_.below(20)) {
    case 0: return put(r.phase, random_.below(7));
    case 1: return spoil(r.pid);
    case 2: return spoil(r.incarnation);
    case 3: return spoil(r.current);
    case 4: return spoil(r.started_ticks);
    case 5: return spoil(r.tasks_done);
    case 6: return spoil(r.average_ticks);
    case 7:
    case 8: return spoil(r.completed);
    case 9:
    case 10: return spoil(r.returned);
    case 11: return spoil(r.progress_done);
    case 12: return spoil(r.arena_in_use);
    case 13: return spoil(r.arena_backed);
    case 14: return spoil(r.chunk_region);
    case 15: return spoil(r.chunk_items);
    case 16: return spoil(r.arena_floor);
    case 17: return spoil(r.arena_left);
    case 18: {
      put_plain(r.crash.frames, random_.next());
      return put(r.crash.signal, random_.below(70));
    }
    default: {
      std::array<char, sizeof(r.init_error)> text;
      text.fill(static_cast<char>(1 + random_.below(255)));
      put_bytes(r.init_error, text.data(), text.size());
    }
  }
}

void Scribbler::reservation() {
  Reservation& r = control_.reservations()[random_.below(geometry_.workers)];
  switch (random_.below(3)) {
    case 0: return spoil(r.count);
    case 1: return spoil(r.begun);
    default: return spoil(r.hints[random_.below(kMaxReserved)]);
  }
}

// Of what has pages behind it: the rest holds nothing.
void Scribbler::arena() {
  const std::uint64_t floor = std::min<std::uint64_t>(
      ArenaFloor::offset(window_.record().arena_floor.load()), geometry_.arena_bytes);
  const std::uint64_t backed = std::min<std::uint64_t>(
      {window_.record().arena_backed.load(), geometry_.arena_bytes - floor, 1U << 20});
  if (backed < 8) return;
  std::byte* const at = window_.arena() + floor + random_.below(backed - 8);
  const std::uint64_t value = odd(0);
  put_bytes(at, &value, 1 + random_.below(8));
}

void Scribbler::once(Scribble what) {
  counts.last_kind.store(static_cast<std::uint32_t>(what));
  changed_ = false;
  write(what);
  if (changed_) counts.by_kind[static_cast<std::size_t>(what)].fetch_add(1);
}

void Scribbler::write(Scribble what) {
  switch (what) {
    case Scribble::bit: {
      std::byte* const at = anywhere(1);
      const std::byte flipped = *at ^ static_cast<std::byte>(1U << random_.below(8));
      return put_bytes(at, &flipped, 1);
    }
    case Scribble::word: {
      const std::uint64_t value = odd(0);
      return put_bytes(anywhere(8), &value, sizeof(value));
    }
    case Scribble::page: {
      std::byte* const at =
          control_.base + random_.below(geometry_.control_bytes() / kPage) * kPage;
      const bool noise = random_.percent(50);
      const auto same = static_cast<std::byte>(random_.next());
      std::array<std::byte, kPage> page;
      for (std::byte& byte : page) byte = noise ? static_cast<std::byte>(random_.next()) : same;
      return put_bytes(at, page.data(), page.size());
    }
    case Scribble::slot_word: return slot_word();
    case Scribble::attention: return attention();
    case Scribble::park: return park();
    case Scribble::ring: return ring();
    case Scribble::pump: return put(control_.header().pump_sleeps, random_.below(3));
    case Scribble::result: return result();
    case Scribble::record: return record();
    case Scribble::completions:
      if (random_.percent(40)) return spoil(window_.record().completed);
      return spoil(window_.record().completions[random_.below(kCompletions)]);
    case Scribble::reservation: return reservation();
    case Scribble::arena: return arena();
  }
}

}  // namespace

ScribbleCounts& scribble_counts() { return counts; }

namespace {

// `in_midst`: of other tasks.
void write_over(const ScribbleOrder& order, bool in_midst) {
  Scribbler scribbler(test_support::WritableMemory::of_this_worker(), order.seed);
  Random random(order.seed + 1);
  // Those that spoil a word of the protocol tell more than a page of noise, which is soon noticed.
  constexpr std::array<unsigned, kScribbles> kWeights{10, 6, 1, 20, 8, 8, 8, 4, 12, 12, 4, 4, 6};
  for (std::uint32_t i = 0; i < order.count; ++i) {
    std::size_t kind = order.only;
    if (kind >= kScribbles) {
      unsigned at = random.below(103);
      for (kind = 0; kind + 1 < kScribbles && at >= kWeights[kind]; ++kind) at -= kWeights[kind];
    }
    const auto what = static_cast<Scribble>(kind);
    if (what == Scribble::arena && in_midst && order.checksums) continue;
    scribbler.once(what);
    const std::int64_t end = monotonic_ns() + random.below(50'000);
    while (monotonic_ns() < end) {
    }
  }
}

}  // namespace

void scribble(const ScribbleOrder& order) {
  if (!order.goes_on) return write_over(order, false);
  std::thread([order] { write_over(order, true); }).detach();
}

}  // namespace prove
