#include "worker/result_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/checksum.hpp"
#include "lib/common/ticks.hpp"
#include "lib/segments/headroom.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace {

// The allocator's bookkeeping lies in the arena. A block that it cannot have given out would be
// written over by another result, or lie over memory of this process that is something else.
[[noreturn]] void arena_is_gone() {
  log(LogLevel::error, "the worker with pid " + std::to_string(::getpid()) +
                           " ends: one of its tasks has written over the memory of its results");
  ::_exit(kArenaGone);
}

// A list of blocks: how many entries, their sum, and an entry for each: its offset in the window's
// arena, or that of a hole in this worker's, so marked.
constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kListWords = 2;
constexpr std::uint64_t kHole = 1;

// "", or how much of the window there is for others.
std::string set_aside_hint(std::uint64_t bytes) {
  if (bytes == 0) return {};
  return ", because " + std::to_string(bytes) +
         " bytes are set aside for what workers that died have left";
}

}  // namespace

ResultMemory::ResultMemory(const WindowView& window, const Returns& returns, int fd,
                           std::size_t arena_at, std::size_t kept)
    : base_(window.arena()),
      fd_(fd),
      arena_at_(arena_at),
      capacity_(window.geometry.arena_bytes),
      kept_(kept),
      returns_(returns),
      record_(window.record()) {
  const std::uint64_t left = record_.arena_left.load();
  begin_at(record_.next_floor());
  // Until this worker ends in order, too. Before it goes on there: where that memory was written
  // over it may crash, and then its successor must not try the same.
  record_.arena_left.store(0);
  if (left == 0 || !go_on(left - 1)) {
    begin_at(record_.next_floor());
    // Nobody has anything here. But the predecessor may have died when it had put pages behind its
    // arena and had not said so yet: they would stay where this one never comes to.
    if (capacity_ > set_aside()) {
      release_pages(fd_, arena_at_ + set_aside(), capacity_ - set_aside());
    }
    record_.arena_floor.store(floor_);
    record_.arena_backed.store(0);
    record_.arena_in_use.store(0);
  }
  returned_ = record_.returned.load();  // the predecessor's count
}

// At the stretch's end: results that need the arena fail. At a page, as it is unless the
// predecessor's record was written over: the allocator must have it aligned.
void ResultMemory::begin_at(std::uint64_t floor) {
  const std::uint64_t at = page_up(std::min<std::uint64_t>(ArenaFloor::offset(floor), capacity_));
  floor_ = (floor & ~ArenaFloor::kOffsetMask) | at;
  place_arena(at);
}

void ResultMemory::place_arena(std::uint64_t at) {
  arena_ = Arena(base_ + at, capacity_ - at, fd_, arena_at_ + at);
  arena_.set_kept(kept_);
}

// Where the predecessor has left its arena in order, with this list. False: it is none, or there is
// no memory for it.
bool ResultMemory::go_on(std::uint64_t list) {
  const std::uint64_t backed = record_.arena_backed.load();
  if (backed > capacity_ - set_aside() || list != page_up(set_aside() + backed)) return false;
  const std::size_t room = (capacity_ - list) / kWord;
  if (list > capacity_ || room < kListWords) return false;
  const auto* const words = reinterpret_cast<const std::uint64_t*>(base_ + list);
  const std::uint64_t entries = words[0];
  if (entries > room - kListWords) return false;
  const std::uint64_t* const offsets = words + kListWords;
  if (words[1] != sum_of_list(offsets, entries)) return false;
  std::vector<std::uint64_t> holes;
  try {
    for (std::uint64_t i = 0; i < entries; ++i) {
      if ((offsets[i] & kHole) != 0) {
        holes.push_back(offsets[i] & ~kHole);
      } else {
        handed_over_.insert(offsets[i]);
      }
    }
  } catch (const std::bad_alloc&) {
    handed_over_.clear();
    return false;
  }
  arena_.reopen(backed, std::move(holes), handed_over_.size());
  release_pages(fd_, arena_at_ + list, page_up((kListWords + entries) * kWord));
  return true;
}

// Keyed by where it lies: one of another life, which lay elsewhere or held other blocks, is none.
std::uint64_t ResultMemory::sum_of_list(const std::uint64_t* entries, std::size_t count) const {
  return checksum({floor_, record_.arena_backed.load(), count},
                  reinterpret_cast<const std::byte*>(entries), count * kWord);
}

// Behind the arena, and without a step of the allocator, whose own words a task may have written
// over. Without room or memory for the list it is as if this worker had died.
void ResultMemory::leave() {
  if (arena_.backed() == 0) return;
  record_.arena_backed.store(arena_.backed());
  const std::uint64_t list = page_up(set_aside() + arena_.backed());
  const std::size_t entries = handed_over_.size() + arena_.holes().size();
  const std::size_t size = (kListWords + entries) * kWord;
  if (list > capacity_ || size > capacity_ - list) return;
  if (!allocate_pages(fd_, arena_at_ + list, page_up(size))) return;
  auto* const words = reinterpret_cast<std::uint64_t*>(base_ + list);
  words[0] = entries;
  std::uint64_t* at = std::ranges::copy(handed_over_, words + kListWords).out;
  for (const std::uint64_t hole : arena_.holes()) *at++ = hole | kHole;
  words[1] = sum_of_list(words + kListWords, entries);
  record_.arena_left.store(list + 1);  // last: the list is there
}

// Futures may keep a few bytes long after the pool. Without a step of the allocator, as leave().
void ResultMemory::end() {
  std::vector<std::uint64_t> held;
  try {
    take_returns([](std::uint64_t) {});
    held.assign(handed_over_.begin(), handed_over_.end());
  } catch (const std::bad_alloc&) {
    return;
  }
  std::ranges::sort(held);
  std::uint64_t free_from = set_aside();
  const auto release_until = [&](std::uint64_t end) {
    const std::uint64_t first = page_up(free_from);
    if (first < end) release_pages(fd_, arena_at_ + first, end - first);
  };
  for (const std::uint64_t block : held) {
    const std::size_t size = arena_.size_of(base_ + block);  // stands in front of it
    release_until(page_down(block));
    free_from = block + size;
  }
  release_until(set_aside() + arena_.backed());
}

void ResultMemory::collect_returns() {
  take_returns([this](std::uint64_t block) { free(base_ + block); });
}

// What the client has given back, and what of it was this worker's own.
template <class Free>
void ResultMemory::take_returns(Free&& free_one) {
  // Acquire pairs with the client's release after it wrote the entries.
  const std::uint64_t written = returns_.written.load(std::memory_order_acquire);
  // Its own word says so, too, unless a task has written over it: to the client the ring is then
  // full, perhaps, until it says so again. Relaxed: nobody else writes it.
  const bool told = record_.returned.load(std::memory_order_relaxed) == returned_;
  if (returned_ == written && told) return;
  // The client is never further ahead, unless what it was told, or a predecessor, was written over.
  // What it had given back meanwhile stays lost to us.
  if (written - returned_ > kReturns) returned_ = written;
  for (; returned_ != written; ++returned_) {
    // Relaxed: ordered by `written`.
    const std::uint64_t entry =
        returns_.entries[returned_ % kReturns].load(std::memory_order_relaxed);
    if ((entry & Returns::kAllBelow) != 0) {
      release_below(entry & ~Returns::kAllBelow);
    } else if (handed_over_.erase(entry) != 0) {
      free_one(entry);
    }  // else a predecessor's, which goes with all below; or none that is the client's to free
  }
  // Release pairs with the client's look at how full the ring is: the entries have been read.
  record_.returned.store(returned_, std::memory_order_release);
  count();
  if (alone_ && set_aside() != 0 && arena_.blocks() == 0) begin_anew();
}

// `floor` may be a predecessor's: what lies below that is let go, too, if it is of this lap.
void ResultMemory::release_below(std::uint64_t floor) {
  if (ArenaFloor::lap(floor) != ArenaFloor::lap(floor_)) return;
  const std::uint64_t end = std::min(ArenaFloor::offset(floor), set_aside());
  if (end != 0) release_pages(fd_, arena_at_, end);
  alone_ = alone_ || floor == floor_;
}

// Nobody holds anything in the whole window. Should this worker die between any two of these steps,
// its successor's arena begins where this one did, or at the next lap's beginning, and nothing is
// held there either.
void ResultMemory::begin_anew() {
  if (arena_.backed() != 0) release_pages(fd_, arena_at_ + set_aside(), arena_.backed());
  record_.arena_backed.store(0);
  record_.arena_in_use.store(0);
  floor_ = ArenaFloor::next_lap(floor_);
  record_.arena_floor.store(floor_);
  place_arena(0);
}

std::byte* ResultMemory::allocate(std::size_t size) {
  collect_returns();
  std::byte* block = arena_.allocate(size);
  if (block != nullptr) {
    if (!arena_.may_hold(block, size) || handed_over_.contains(offset_of(block))) arena_is_gone();
    last_is_first_use_ = arena_.is_first_use(block, size);
  }
  used_ = true;
  // Before anything is written there: a successor's arena begins behind what stands here.
  record_.arena_backed.store(arena_.backed());
  return block;
}

void ResultMemory::free(std::byte* block) {
  const std::size_t pages = arena_.pages();
  arena_.free(block);
  used_ = true;
  if (arena_.pages() != pages) count();
}

void ResultMemory::be_idle() {
  collect_returns();
  if (std::exchange(used_, false)) {
    trimmed_ = false;
    pause_ns_ = kIdleNs;
  } else if (!look_at_.expired()) {
    return;
  } else if (!std::exchange(trimmed_, true) && arena_.worth_trimming()) {
    arena_.trim();
    count();
  }
  // What the client holds comes back unheard.
  const bool more = !trimmed_ || arena_.blocks() != 0 || set_aside() != 0;
  look_at_ = more ? Deadline::at(monotonic_ns() + pause_ns_) : Deadline::never();
  pause_ns_ = std::min(2 * pause_ns_, kLongestPauseNs);
}

void ResultMemory::count() {
  // For whoever looks in: no order is needed.
  record_.arena_in_use.store(arena_.in_use(), std::memory_order_relaxed);
  record_.arena_backed.store(arena_.backed(), std::memory_order_relaxed);
}

std::byte* ResultGrowth::grow(std::byte* old, std::size_t used, std::size_t wanted,
                              std::byte*& new_end) {
  // To a multiple of 64, as ChunkRegion says it: what is committed lies within what it says.
  const auto rounded = [](std::size_t size) {
    return (std::max<std::size_t>(size, 256) + 63) / 64 * 64;
  };
  // What is expected; doubling, which keeps the copying within the cost of the writing; or, where
  // memory is short, what is needed.
  std::size_t size = rounded(std::max({wanted, 2 * used, expected_}));
  std::byte* bigger = memory_.allocate(size);
  for (const std::size_t less : {rounded(std::max(wanted, 2 * used)), rounded(wanted)}) {
    if (bigger != nullptr || less == size) continue;
    expected_ = 0;  // not again
    bigger = memory_.allocate(size = less);
  }
  if (bigger == nullptr) {
    throw EncodingError("a result of " + std::to_string(wanted) +
                        " bytes or more does not fit into the memory that is left" +
                        set_aside_hint(memory_.set_aside()) + memory_limits_hint() +
                        "; return less, or write it to a file");
  }
  if (bigger < old + used && old < bigger + size) arena_is_gone();
  std::memcpy(bigger, old, used);
  std::byte* const before = block_;
  block_ = bigger;
  if (region_ != nullptr) {
    // Release pairs with the client's acquire, after this worker's death: what was committed is
    // in the new block.
    region_->store(ChunkRegion::pack(memory_.offset_of(bigger), size), std::memory_order_release);
  }
  if (before != nullptr) memory_.free(before);
  new_end = bigger + size;
  return bigger;
}

void ResultGrowth::reset() {
  if (block_ != nullptr) memory_.free(block_);
  block_ = nullptr;
}

void ResultGrowth::commit(std::size_t size, bool carries,
                          std::optional<std::uint64_t> checksum_key) {
  const std::uint32_t beside = carries ? ResultPart::kCarries : 0;
  if (block_ != nullptr) memory_.hand_over(block_);
  if (checksum_key) {
    part_.checksum = checksum({*checksum_key}, block_ != nullptr ? block_ : inline_begin(), size);
  }
  if (block_ == nullptr) {
    if (checksums_) std::memcpy(part_.bytes, private_, size);
    part_.inline_size = static_cast<std::uint32_t>(size) | beside;
    return;
  }
  part_.inline_size = ResultPart::kInArena | beside;
  part_.where.size = size;
  part_.where.offset = memory_.offset_of(block_);
  part_.where.ran_ticks = ticks_now() - memory_.record().started_ticks.load();
  memory_.count();
}

}  // namespace muster::detail
