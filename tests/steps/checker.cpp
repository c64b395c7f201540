#include "steps/checker.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include <muster/detail/chunk.hpp>

#include "lib/common/ticks.hpp"
#include "lib/supervisor/death_record.hpp"

namespace steps {

namespace detail = muster::detail;
using detail::Hint;
using detail::SlotStatus;
using detail::SlotTable;
using detail::SlotWord;

namespace {

const char* name_of(SlotStatus status) {
  constexpr const char* kNames[] = {"free",   "pending", "running", "done",
                                    "failed", "killing", "killed",  "died"};
  const auto index = static_cast<std::size_t>(status);
  return index < std::size(kNames) ? kNames[index] : "nonsense";
}

// A task's way, on which it never goes back.
int stage_of(SlotStatus status) {
  switch (status) {
    case SlotStatus::pending: return 0;
    case SlotStatus::running: return 1;
    case SlotStatus::killing: return 2;
    case SlotStatus::done:
    case SlotStatus::failed:
    case SlotStatus::killed:
    case SlotStatus::died: return 3;
    case SlotStatus::free: return 4;
  }
  return -1;
}
constexpr int kEnded = 3;
constexpr int kTakenIn = 4;

SlotWord word_in(const detail::ControlView& control, std::uint32_t slot) {
  return SlotTable<>(control.slot_lines()).read(slot);
}

// Of what a worker that ends has left to its successor, which goes on in its arena: how it fails to
// name a block of a result that stands, behind which it lies.
std::string wrong_in_list(const detail::WindowView& window, std::uint64_t list,
                          std::uint64_t offset, std::uint64_t end) {
  const std::uint64_t room = window.geometry.arena_bytes;
  if (list < end || list > room) return fmt::format("a successor's list at {} lies over", list);
  const auto* const words = reinterpret_cast<const std::uint64_t*>(window.arena() + list);
  constexpr std::size_t kBefore = 2;  // their number, and its sum
  const std::size_t most = (room - list) / sizeof(std::uint64_t);
  if (most < kBefore || words[0] > most - kBefore) return "a successor's list has no room beside";
  const std::span<const std::uint64_t> blocks(words + kBefore, words[0]);
  return std::ranges::count(blocks, offset) == 1 ? "" : "a successor's list does not name once";
}

}  // namespace

SegmentCopy::SegmentCopy(std::size_t size)
    : size_(size), bytes_(static_cast<std::byte*>(std::aligned_alloc(4096, size))) {
  if (bytes_ == nullptr) throw std::bad_alloc();
}

void SegmentCopy::take(const std::byte* source) {
  do {
    std::memcpy(bytes_.get(), source, size_);
  } while (std::memcmp(bytes_.get(), source, size_) != 0);
}

Checker::Checker(const Stage& stage, const Play& play, bool gapless)
    : stage_(stage),
      play_(play),
      gapless_(gapless),
      worker_(stage.worker()),
      geometry_(stage.views().control.geometry),
      submitted_ticks_(detail::ticks_now()),
      before_(geometry_.control_bytes()),
      after_(geometry_.control_bytes()),
      again_(geometry_.control_bytes()),
      was_{before_.data(), geometry_},
      is_{after_.data(), geometry_} {}

std::string Checker::check() {
  before_.take(stage_.views().control.base);
  std::memcpy(after_.data(), before_.data(), before_.size());
  if (auto wrong = check_progress(); !wrong.empty()) return wrong;
  if (auto wrong = check_findable(); !wrong.empty()) return wrong;
  Recovery recovery(is_.queue());
  const Recovery::Held held = recovery.end_tasks(worker_);
  recovery.dismiss(worker_);
  recovery.rally();
  if (held.task != 0) ++deaths_;
  if (auto wrong = check_recovered(held); !wrong.empty()) return wrong;
  if (auto wrong = check_parking(); !wrong.empty()) return wrong;
  if (auto wrong = check_results(); !wrong.empty()) return wrong;
  if (auto wrong = check_death_record(held); !wrong.empty()) return wrong;
  return check_again();
}

std::uint64_t Checker::memory_hash() const {
  const auto hash = [](const void* bytes, std::size_t size) {
    return std::hash<std::string_view>{}({static_cast<const char*>(bytes), size});
  };
  const detail::WorkerRecord& record = stage_.views().results.window(worker_).record();
  return hash(before_.data(), before_.size()) * 31 + hash(&record, sizeof(record));
}

// Alive, too, a task goes forward only, and is taken in only after it has ended.
std::string Checker::check_progress() {
  const auto& actors = play_.actors();
  pending_ticks_.resize(actors.size(), detail::ticks_now());
  stages_.resize(actors.size());
  committed_.resize(actors.size());
  for (std::size_t i = 0; i < actors.size(); ++i) {
    const SlotWord word = word_in(was_, actors[i].slot);
    const int stage = word.tag().id() == actors[i].id ? stage_of(word.status()) : kTakenIn;
    const bool skipped = gapless_ && stage == kTakenIn && stages_[i] < kEnded;
    if (stage < stages_[i] || skipped) {
      return fmt::format(
          "the word of \"{}\" went from stage {} to {} (0 pending, 1 running,"
          " 2 killing, 3 ended, 4 taken in)",
          actors[i].name, stages_[i], stage);
    }
    if (stage == 0) pending_ticks_[i] = detail::ticks_now();
    stages_[i] = stage;
  }
  return "";
}

// Nobody has died yet: each pending task's hint is in the ring or with a worker.
std::string Checker::check_findable() const {
  const auto& ends = was_.header().ends;
  const std::uint64_t head = ends.head.load();
  const std::uint64_t tail = ends.tail.load();
  const auto cells = was_.cells();
  if (head > tail || tail - head > cells.size()) {
    return fmt::format("the ring's head is {} and its tail {}", head, tail);
  }
  std::set<std::uint64_t> hints;
  constexpr std::uint64_t kLapBit = std::uint64_t{1} << 15;
  for (std::uint64_t at = head; at < tail; ++at) {
    const std::uint64_t cell = cells[at & (cells.size() - 1)].load();
    const bool first_lap = (at & cells.size()) == 0;
    if (((cell & kLapBit) != 0) != first_lap) {
      return fmt::format("cell {} of the ring is of another lap, between head {} and tail {}", at,
                         head, tail);
    }
    hints.insert(cell & ~kLapBit);
  }
  if (stage_.scenario().by_sweep) return "";
  for (const auto& reservation : was_.reservations()) {
    // Those begun as well: the last of them may not be claimed yet.
    const auto count = std::min<std::size_t>(reservation.count.load(), detail::kMaxReserved);
    for (std::size_t i = 0; i < count; ++i) hints.insert(reservation.hints[i].load());
  }
  for (const Actor& actor : play_.actors()) {
    const SlotWord word = word_in(was_, actor.slot);
    if (word.tag().id() != actor.id || word.status() != SlotStatus::pending) continue;
    if (!hints.contains(Hint(actor.slot, word.tag()).bits())) {
      return fmt::format(
          "the hint of \"{}\", which is pending, is neither in the ring nor with a"
          " worker",
          actor.name);
    }
  }
  return "";
}

// All slots: what the dead worker held has ended, and everything else is as it was.
std::string Checker::check_recovered(const Recovery::Held& held) const {
  std::uint64_t expected = 0;
  for (std::uint32_t slot = 0; slot < geometry_.slots; ++slot) {
    const SlotWord was = word_in(was_, slot);
    const SlotWord now = word_in(is_, slot);
    SlotWord due = was;
    const bool mine = was.owner() == worker_;
    if (mine && was.status() == SlotStatus::running) due = {SlotStatus::died, worker_, was.tag()};
    if (mine && was.status() == SlotStatus::killing) due = {SlotStatus::killed, worker_, was.tag()};
    if (!(due == was)) expected = Hint(slot, was.tag()).bits() + 1;
    if (!(now == due)) {
      return fmt::format("slot {} says {} after the recovery and not {}: it said {}", slot,
                         name_of(now.status()), name_of(due.status()), name_of(was.status()));
    }
    if (was.status() == SlotStatus::pending && was.owner() != 0) {
      return fmt::format("slot {} is pending and owned by worker {}", slot, was.owner());
    }
  }
  if (held.task != expected) {
    return fmt::format("the recovery says that task {:#x} died, the words say {:#x}", held.task,
                       expected);
  }
  return "";
}

std::string Checker::check_parking() const {
  const auto epoch = [](const detail::ControlView& view) {
    return view.header().ends.sweep_epoch.load();
  };
  if (epoch(is_) != epoch(was_) + 1) return "the sweep's epoch was not bumped";
  const auto sleeps = [](const detail::ControlView& view, std::uint32_t w) {
    return (view.sleepers()->words[w / 64].load() >> (w % 64) & 1) != 0;
  };
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const auto was = was_.park()[w].state.load();
    const auto now = is_.park()[w].state.load();
    if (w == worker_) {
      if (now != detail::kAwake) return fmt::format("the dead worker's park word says {}", now);
      if (!sleeps(is_, w)) return "the dead worker counts as awake";
    } else {
      const std::uint32_t due = was == detail::kParked ? detail::kWoken : was;
      if (now != due) return fmt::format("the park word of worker {} says {}", w, now);
      if (sleeps(is_, w) != sleeps(was_, w)) return fmt::format("worker {}'s bit was changed", w);
    }
  }
  return "";
}

// What has ended stands, whole, and a successor's arena begins behind it, or goes on and spares it.
std::string Checker::check_results() const {
  for (const Actor& actor : play_.actors()) {
    const SlotWord word = word_in(is_, actor.slot);
    if (word.tag().id() != actor.id) continue;
    const bool failed = word.status() == SlotStatus::failed;
    if (!failed && word.status() != SlotStatus::done) continue;
    const detail::ResultPart& part = is_.slot_lines()[actor.slot].result;
    std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(part.bytes),
                                     part.inline_size);
    if (part.inline_size == detail::ResultPart::kInArena) {
      const detail::WindowView window = stage_.views().results.window(word.owner());
      const std::uint64_t end = part.where.offset + part.where.size;
      if (part.where.offset > geometry_.arena_bytes || end > geometry_.arena_bytes) {
        return fmt::format("the result of \"{}\" lies outside the arena", actor.name);
      }
      const std::uint64_t next = detail::ArenaFloor::offset(window.record().next_floor());
      const std::uint64_t left = window.record().arena_left.load();
      if (left != 0) {
        const std::string wrong = wrong_in_list(window, left - 1, part.where.offset, end);
        if (!wrong.empty()) return fmt::format("{} the result of \"{}\"", wrong, actor.name);
      } else if (end > next) {
        return fmt::format("a successor's arena begins at {}, before the result of \"{}\" ends",
                           next, actor.name);
      }
      bytes = {window.arena() + part.where.offset, part.where.size};
    } else if (part.inline_size > detail::kInlineResult) {
      return fmt::format("the result of \"{}\" has {} bytes in the slot", actor.name,
                         part.inline_size);
    }
    std::string wrong;
    try {
      wrong = actor.whole(bytes, failed);
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    if (!wrong.empty()) return fmt::format("the result of \"{}\": {}", actor.name, wrong);
  }
  return "";
}

// What the supervisor would write down of this death.
std::string Checker::check_death_record(const Recovery::Held& held) {
  if (held.task == 0) return "";
  const Hint task(held.task - 1);
  const detail::WorkerRecord& record = stage_.views().results.window(worker_).record();
  detail::DeathRecord death{};
  const auto life = stage_.views().facts.worker(worker_).incarnation.load();
  detail::fill_death(death, {}, worker_, 1, life, held.task,
                     record.incarnation.load() == life ? &record : nullptr);
  const auto& actors = play_.actors();
  for (std::size_t i = 0; i < actors.size(); ++i) {
    if (actors[i].slot != task.slot() || actors[i].id != task.tag().id()) continue;
    // The start of a tiny task is that of one of the last few.
    const bool exact = stage_.scenario().tiny_before == 0;
    const std::uint64_t since = exact ? pending_ticks_[i] : submitted_ticks_;
    const std::uint64_t most = detail::ticks_now() - since;
    if (death.ran_for_ticks > most) {
      return fmt::format(
          "the death's record says that \"{}\" ran for {} ticks, it was {} {} ticks"
          " ago",
          actors[i].name, death.ran_for_ticks, exact ? "claimed" : "submitted", most);
    }
    return actors[i].items != 0 ? check_chunk(actors[i], i) : "";
  }
  return "a task died that the scenario did not submit";
}

// As ProcessCore::end_attempt() reads it.
std::string Checker::check_chunk(const Actor& actor, std::size_t index) {
  const detail::WindowView window = stage_.views().results.window(worker_);
  const std::uint64_t region = window.record().chunk_region.load();
  const std::uint32_t counted = window.record().chunk_items.load();
  detail::ChunkAssembly assembly;
  std::uint32_t found = 0;
  if (region != 0) {
    const std::uint64_t offset = detail::ChunkRegion::offset(region);
    const std::uint64_t size = detail::ChunkRegion::size(region);
    if (offset > geometry_.arena_bytes || size > geometry_.arena_bytes - offset) {
      return "the chunk's records lie outside the arena";
    }
    // The client may read them after the successor has begun.
    const detail::WorkerRecord& record = window.record();
    const std::uint64_t next = detail::ArenaFloor::offset(record.next_floor());
    if (record.arena_left.load() != 0 || offset + size > next) {
      return fmt::format("a successor's arena begins at {}, the chunk's records end at {}", next,
                         offset + size);
    }
    found = assembly.add_piece({window.arena() + offset, size}, counted, actor.items);
  }
  if (found < counted) {
    return fmt::format("{} items are committed, and {} of them can be found", counted, found);
  }
  if (found < committed_[index]) {
    return fmt::format("{} items were committed, {} are now", committed_[index], found);
  }
  committed_[index] = found;
  return actor.committed(assembly.bytes(), found);
}

// Done twice it changes nothing but the epoch.
std::string Checker::check_again() {
  std::memcpy(again_.data(), after_.data(), after_.size());
  const detail::ControlView again{again_.data(), geometry_};
  Recovery recovery(again.queue());
  const Recovery::Held held = recovery.end_tasks(worker_);
  recovery.dismiss(worker_);
  recovery.rally();
  if (held.task != 0) return "a second recovery finds a task to end";
  again.header().ends.sweep_epoch.store(is_.header().ends.sweep_epoch.load());
  if (std::memcmp(again_.data(), after_.data(), after_.size()) != 0) {
    return "a second recovery changes something";
  }
  return "";
}

}  // namespace steps
