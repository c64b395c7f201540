#pragma once

// The ring of hints: which slots probably hold a pending task, in the order of submission.
//
// One producer, the client (under its lock); any number of consumers, the workers. A hint names a
// slot and a tag; the truth is the slot's word (slot_table.hpp): a hint whose task is not pending
// any more is dropped.
//
// A cell holds a hint and one bit that changes from lap to lap, so that it says by itself whether
// it was written in this lap: who takes hints moves one cache line of the producer's less.
//
// Publish: (1) write the cell at tail, (2) advance tail, for those who look before they sleep.
// Reserve: (1) read head, (2) copy the cells from there on that are of this lap, (3) swap head from
// what it was to what lies behind the copies. The swap proves that nobody else took them and that
// the producer, which never writes a cell that head has not passed, did not overwrite them
// meanwhile.
//
// If a process dies here: before (3) nothing has happened. After it the hints it took are gone,
// their tasks still pending: recovery bumps the sweep epoch, and every worker that has not seen
// this epoch scans the slot words. So does a full ring (hints of cancelled tasks can fill it):
// publish() answers false, and the producer bumps the epoch instead of waiting. Nobody ever waits
// for another process here.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/common/prefetch.hpp"
#include "lib/slots/slot_table.hpp"

namespace muster::detail {

// {tag:48, 0:1, slot:15}
class Hint {
 public:
  constexpr Hint() = default;
  constexpr explicit Hint(std::uint64_t bits) : bits_(bits) {}
  constexpr Hint(std::uint32_t slot, TaskTag tag) : bits_((tag.bits() << 16) | (slot & 0x7fffu)) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint32_t slot() const { return static_cast<std::uint32_t>(bits_ & 0x7fffu); }
  constexpr TaskTag tag() const { return TaskTag(bits_ >> 16); }

 private:
  std::uint64_t bits_ = 0;
};

inline constexpr std::size_t kMaxSlots = std::size_t{1} << 15;

template <class Platform>
struct BasicRingEnds {
  // Lines of their own, two apart: the adjacent-line prefetcher would tie neighbours together.
  alignas(128) typename Platform::template Atomic<std::uint64_t> head;         // workers
  alignas(128) typename Platform::template Atomic<std::uint64_t> tail;         // client
  alignas(128) typename Platform::template Atomic<std::uint32_t> sweep_epoch;  // all
  typename Platform::template Atomic<std::uint32_t> closed;                    // client, supervisor
};

template <class Platform = StdPlatform>
class HintRing {
 public:
  using Ends = BasicRingEnds<Platform>;
  using Cell = typename Platform::template Atomic<std::uint64_t>;

  HintRing() = default;
  // `cells` is a power of two long.
  HintRing(Ends* ends, std::span<Cell> cells) : ends_(ends), cells_(cells) {}

  // Producer. False: no room.
  bool publish(Hint hint) {
    if (next_ - known_head_ >= cells_.size()) {
      // Acquire pairs with reserve(): the copies of the cells are made before head moves.
      known_head_ = ends_->head.load(std::memory_order_acquire);
      // A head beyond the tail is no head of ours: a worker wrote over it.
      if (next_ - known_head_ >= cells_.size()) return false;
    }
    // Workers read the line of these cells a lap ago: it must be fetched to be written.
    prefetch_to_write(&cells_[(next_ + kFetchAhead) & (cells_.size() - 1)]);
    // Release pairs with reserve(): the task is published.
    cells_[next_ & (cells_.size() - 1)].store(hint.bits() | lap_bit(next_),
                                              std::memory_order_release);
    ++next_;
    // Release pairs with size(). The producer's look for sleepers comes after a fence of its own
    // (see parking.hpp).
    ends_->tail.store(next_, std::memory_order_release);
    return true;
  }

  // What the producer knows by itself. For who looks at a ring as a whole.
  struct Producer {
    std::uint64_t next;
    std::uint64_t known_head;
  };
  Producer producer() const { return {next_, known_head_}; }

  // Consumer: copies as many hints as there are and fit to `out`, and calls taking(count) before
  // they become this process's own. Returns how many were taken; 0: the ring is empty or another
  // consumer was faster (ready() tells).
  template <class Taking>
  std::size_t reserve(std::span<std::uint64_t> out, Taking&& taking) {
    // Acquire on head pairs with the swap below: whoever sees hints as taken sees the taker's
    // announcement of them.
    std::uint64_t head = ends_->head.load(std::memory_order_acquire);
    std::size_t count = 0;
    for (; count < out.size(); ++count) {
      const std::uint64_t position = head + count;
      // Acquire pairs with publish(); validated by the swap.
      const std::uint64_t cell =
          cells_[position & (cells_.size() - 1)].load(std::memory_order_acquire);
      if ((cell & kLapBit) != lap_bit(position)) break;
      out[count] = cell & ~kLapBit;
    }
    if (count == 0) return 0;
    taking(count);
    return ends_->head.compare_exchange_strong(head, head + count, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)
               ? count
               : 0;
  }

  // Consumer: whether there is something to reserve, or was a moment ago.
  bool ready() const {
    // Relaxed: a guess; reserve() looks again.
    const std::uint64_t head = ends_->head.load(std::memory_order_relaxed);
    const std::uint64_t cell = cells_[head & (cells_.size() - 1)].load(std::memory_order_relaxed);
    return (cell & kLapBit) == lap_bit(head);
  }

  // seq_cst: part of the look that comes before sleeping (see parking.hpp).
  std::uint64_t size() const {
    const std::uint64_t head = ends_->head.load(std::memory_order_seq_cst);
    const std::uint64_t tail = ends_->tail.load(std::memory_order_seq_cst);
    return tail > head ? tail - head : 0;
  }

  // How many hints were ever published, for the producer, and how many of them are taken. Acquire
  // pairs with reserve(); for a worker's look before it sleeps it is a guess.
  std::uint64_t published() const { return next_; }
  std::uint64_t taken() const { return ends_->head.load(std::memory_order_acquire); }
  // Producer: whether the ends can be what they say. Nobody else moves the tail, and nobody moves
  // the head past it.
  bool believable() const {
    return ends_->tail.load(std::memory_order_relaxed) == next_ && next_ - taken() <= cells_.size();
  }

  std::uint32_t sweep_epoch() const { return ends_->sweep_epoch.load(std::memory_order_seq_cst); }
  void bump_sweep_epoch() { ends_->sweep_epoch.fetch_add(1, std::memory_order_seq_cst); }

  bool closed() const { return ends_->closed.load(std::memory_order_seq_cst) != 0; }
  void close() { ends_->closed.store(1, std::memory_order_seq_cst); }

 private:
  static constexpr std::uint64_t kFetchAhead = 16;
  static constexpr std::uint64_t kLapBit = std::uint64_t{1} << 15;

  // Set in the first lap, as cells begin at 0, then in turns.
  std::uint64_t lap_bit(std::uint64_t position) const {
    return (position & cells_.size()) == 0 ? kLapBit : 0;
  }

  Ends* ends_ = nullptr;
  std::span<Cell> cells_;
  std::uint64_t next_ = 0;        // the producer's own copy of tail
  std::uint64_t known_head_ = 0;  // as of the producer's last look
};

using RingEnds = BasicRingEnds<StdPlatform>;
using RingCell = std::atomic<std::uint64_t>;

}  // namespace muster::detail
