#pragma once

// The ring of hints: which slots probably hold a pending task, in the order of submission.
//
// One producer, the client (under its lock); any number of consumers, the workers. A hint names a
// slot and a tag; the truth is the slot's word (slot_table.hpp): a hint whose task is not pending
// any more is dropped.
//
// Publish: (1) write the cell at tail, (2) advance tail. Reserve: (1) read head and tail, (2) copy
// the cells between them, (3) swap head from what it was to what lies behind the copies. The swap
// proves that nobody else took them and that the producer, which never writes a cell that head
// has not passed, did not overwrite them meanwhile.
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

#include "lib/slots/slot_table.hpp"

namespace muster::detail {

// {tag:48, slot:16}
class Hint {
 public:
  constexpr Hint() = default;
  constexpr explicit Hint(std::uint64_t bits) : bits_(bits) {}
  constexpr Hint(std::uint32_t slot, TaskTag tag) : bits_((tag.bits() << 16) | (slot & 0xffffu)) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint32_t slot() const { return static_cast<std::uint32_t>(bits_ & 0xffffu); }
  constexpr TaskTag tag() const { return TaskTag(bits_ >> 16); }

 private:
  std::uint64_t bits_ = 0;
};

inline constexpr std::size_t kMaxSlots = std::size_t{1} << 16;

template <class Platform>
struct BasicRingEnds {
  // Lines of their own, two apart: the adjacent-line prefetcher would tie neighbours together.
  alignas(128) typename Platform::template Atomic<std::uint64_t> head;         // workers
  alignas(128) typename Platform::template Atomic<std::uint64_t> tail;         // client
  alignas(128) typename Platform::template Atomic<std::uint32_t> sweep_epoch;  // client, supervisor
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
    // Relaxed: tail orders it.
    cells_[next_ & (cells_.size() - 1)].store(hint.bits(), std::memory_order_relaxed);
    ++next_;
    // Release pairs with reserve()'s read of tail. The producer's look for sleepers comes after a
    // full fence of its own (see parking.hpp).
    ends_->tail.store(next_, std::memory_order_release);
    return true;
  }

  // Consumer: copies up to wanted(available) hints to `out` and calls taking(count) before they
  // become this process's own. Returns how many were taken; 0: the ring is empty or another
  // consumer was faster (the next call tells).
  template <class Wanted, class Taking>
  std::size_t reserve(std::span<std::uint64_t> out, Wanted&& wanted, Taking&& taking) {
    // Acquire on head pairs with the swap below: whoever sees hints as taken sees the taker's
    // announcement of them.
    std::uint64_t head = ends_->head.load(std::memory_order_acquire);
    const std::uint64_t tail = ends_->tail.load(std::memory_order_acquire);
    if (head >= tail) return 0;
    const std::size_t available = static_cast<std::size_t>(tail - head);
    const std::size_t count = std::min(out.size(), std::min(available, wanted(available)));
    if (count == 0) return 0;
    for (std::size_t i = 0; i < count; ++i) {
      // Relaxed: ordered by tail; validated by the swap.
      out[i] = cells_[(head + i) & (cells_.size() - 1)].load(std::memory_order_relaxed);
    }
    taking(count);
    return ends_->head.compare_exchange_strong(head, head + count, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)
               ? count
               : 0;
  }

  // seq_cst: part of the look that comes before sleeping (see parking.hpp).
  std::uint64_t size() const {
    const std::uint64_t head = ends_->head.load(std::memory_order_seq_cst);
    const std::uint64_t tail = ends_->tail.load(std::memory_order_seq_cst);
    return tail > head ? tail - head : 0;
  }

  std::uint32_t sweep_epoch() const { return ends_->sweep_epoch.load(std::memory_order_seq_cst); }
  void bump_sweep_epoch() { ends_->sweep_epoch.fetch_add(1, std::memory_order_seq_cst); }

  bool closed() const { return ends_->closed.load(std::memory_order_seq_cst) != 0; }
  void close() { ends_->closed.store(1, std::memory_order_seq_cst); }

 private:
  Ends* ends_ = nullptr;
  std::span<Cell> cells_;
  std::uint64_t next_ = 0;        // the producer's own copy of tail
  std::uint64_t known_head_ = 0;  // as of the producer's last look
};

using RingEnds = BasicRingEnds<StdPlatform>;
using RingCell = std::atomic<std::uint64_t>;

}  // namespace muster::detail
