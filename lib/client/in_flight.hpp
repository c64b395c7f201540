#pragma once

// The client's private knowledge of the tasks in slots, and the order in which they were put
// there. Under the pool's lock.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <muster/detail/chunk.hpp>
#include <muster/detail/shared_block.hpp>
#include <muster/detail/state.hpp>
#include <muster/detail/task_type.hpp>

#include "lib/slots/slot_word.hpp"

namespace muster::detail {

enum class KillReason : std::uint8_t { none, timeout, cancel };

// Of a task that has more than the usual about it: options, or items.
struct Extras {
  std::int64_t timeout_ns = 0;
  unsigned retries_left = 0;
  unsigned attempts = 1;  // begun, this one included
  unsigned retries = 0;   // as asked for
  KillReason kill = KillReason::none;
  std::vector<std::string> deaths;  // of the attempts before
  const TaskType* type = nullptr;
  // Of its arguments: what workers are to find must be here.
  std::vector<std::shared_ptr<SharedBlock>> blocks;
  // Blocks came with the results of a chunk's items, from a worker that died.
  bool carries = false;
  // A chunk of map.
  std::uint32_t items = 0;
  std::uint32_t first = 0;  // of the present attempt
  ChunkAssembly assembly;   // of the items before it
  // When this attempt of a task with a time limit was first seen running, or a chunk with so many
  // items done.
  bool seen = false;
  std::uint32_t seen_items = 0;
  std::int64_t seen_at_ns = 0;
  // Of a chunk whose worker is killed for its time limit, the item that is meant.
  std::uint32_t killed_item = 0;

  // What was asked for is of each item of a chunk.
  void begin_item() {
    retries_left = retries;
    attempts = 1;
    deaths.clear();
  }
};

inline constexpr std::uint64_t kNoBlock = ~std::uint64_t{0};

struct Shadow {
  StateBase* state = nullptr;  // null: nobody wants the result any more
  TaskTag tag;
  std::uint64_t position = ~std::uint64_t{0};  // in the order of submission; ~0: the slot is free
  std::uint64_t block = kNoBlock;              // of the arguments' arena
  std::unique_ptr<Extras> extras;
  bool tells = false;  // the pump is told when it ends
  // Threads that may sleep on the slot's attention word, for this task or for one before it.
  std::uint32_t sleepers = 0;

  bool in_use() const { return position != ~std::uint64_t{0}; }
};

class InFlight {
 public:
  InFlight() = default;
  ~InFlight();
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // Once, before anything else. `slots`: a power of two.
  void set_up(std::uint32_t slots);

  // REQUIRES: a slot that was taken once.
  Shadow& operator[](std::uint32_t slot) { return shadows_[slot]; }
  const Shadow& operator[](std::uint32_t slot) const { return shadows_[slot]; }
  // Whether a task is in the slot, whatever number that is.
  bool in_use(std::uint32_t slot) const {
    return slot < slots_ && (slot * kInverse & (slots_ - 1)) < used_ && shadows_[slot].in_use();
  }
  template <class F>
  void for_each_used(F&& f) {
    for (std::uint32_t i = 0; i < used_; ++i) f(nth(i));
  }
  // The slots with a task in them, of which f(slot) may free the one it is given.
  template <class F>
  void for_each_in_use(F&& f) {
    for_each_used([&](std::uint32_t slot) {
      if (shadows_[slot].in_use()) f(slot);
    });
  }
  std::uint32_t slots() const { return slots_; }
  std::uint32_t size() const { return used_ - static_cast<std::uint32_t>(free_.size()); }

  bool full() const { return free_.empty() && used_ == slots_; }
  // The one freed last, whose lines are warm, else one that was never used. REQUIRES: !full().
  std::uint32_t take();
  void give_back(std::uint32_t slot);

  // Calls harvest(slot) on slots in the order of submission until `limit` answered true or
  // `patience` in a row answered false; what is passed over is asked again when all else is done.
  // Returns how many answered true. Calls fetch(slot) a few slots ahead of harvest(slot).
  template <class Harvest, class Fetch>
  std::size_t scan(std::size_t limit, std::size_t patience, Harvest&& harvest, Fetch&& fetch);

  // That of the next task, in the order of submission.
  std::uint64_t next_position() const { return end_; }
  // The slot of the oldest task; slots() if there is none.
  std::uint32_t oldest();
  // That of one about halfway between the oldest and the newest.
  std::uint32_t middle();

 private:
  // Slots are first used in steps of so many, and later in the order in which they were freed: two
  // tasks in a row in neighbouring cache lines would have the processors fetch the line that the
  // other side is about to write, whole rows of them ahead. Odd, so that every slot has its turn.
  static constexpr std::uint32_t kStride = 67;
  // Modulo every power of two.
  static constexpr std::uint32_t kInverse = 128207979;
  static_assert(kStride * kInverse == 1);
  std::uint32_t nth(std::uint32_t i) const { return i * kStride & (slots_ - 1); }

  bool live(std::uint64_t position) const {
    return shadows_[order_[position & mask_]].position == position;
  }
  void drop_oldest();
  void pass_over(std::uint64_t position) noexcept;
  // Whether the task that was passed over is there still.
  struct Straggler {
    std::uint32_t slot;
    std::uint64_t position;
  };
  bool live(const Straggler& straggler) const {
    return shadows_[straggler.slot].position == straggler.position;
  }

  std::uint32_t slots_ = 0;
  std::uint32_t used_ = 0;  // slots that were ever taken
  // Made as slots are first used: a pool that is never full has less memory, and starts earlier.
  Shadow* shadows_ = nullptr;
  std::vector<std::uint32_t> free_;
  // order_[p & mask_] is the slot that was p-th: live while its shadow says so too.
  std::unique_ptr<std::uint32_t[]> order_;
  std::uint64_t mask_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  // Passed over, and long running perhaps. Room for all there can be at a time, and as many that
  // are gone, is made beforehand.
  std::vector<Straggler> stragglers_;
};

inline std::uint32_t InFlight::take() {
  if (end_ - begin_ > mask_) drop_oldest();
  std::uint32_t slot;
  if (free_.empty()) {
    slot = nth(used_++);
    std::construct_at(&shadows_[slot]);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  order_[end_ & mask_] = slot;
  shadows_[slot].position = end_++;
  return slot;
}

inline void InFlight::give_back(std::uint32_t slot) {
  shadows_[slot].position = ~std::uint64_t{0};
  free_.push_back(slot);
}

template <class Harvest, class Fetch>
std::size_t InFlight::scan(std::size_t limit, std::size_t patience, Harvest&& harvest,
                           Fetch&& fetch) {
  constexpr std::uint64_t kAhead = 6;
  std::size_t got = 0;
  std::size_t missed = 0;
  std::uint64_t behind_last = begin_;
  for (std::uint64_t p = begin_; p < end_ && got < limit && missed < patience; ++p) {
    if (p + kAhead < end_ && live(p + kAhead)) fetch(order_[(p + kAhead) & mask_]);
    if (!live(p)) {
      if (missed == 0) behind_last = p + 1;
      continue;
    }
    if (harvest(order_[p & mask_])) {
      ++got;
      missed = 0;
      behind_last = p + 1;
    } else {
      ++missed;
    }
  }
  // What lies before the last that had ended has had its chance in order.
  for (; begin_ < behind_last; ++begin_) {
    if (live(begin_)) pass_over(begin_);
  }
  if (got != 0) return got;
  for (std::size_t i = 0; i < stragglers_.size() && got < limit;) {
    const bool gone = !live(stragglers_[i]);
    if (!gone && !harvest(stragglers_[i].slot)) {
      ++i;
      continue;
    }
    if (!gone) ++got;
    stragglers_[i] = stragglers_.back();
    stragglers_.pop_back();
  }
  return got;
}

}  // namespace muster::detail
