#pragma once

// Between the items of a chunk that has a time limit: a worker that is to be killed for one item
// must not have begun the next.
//
//   worker: (1) notes that an item has ended, (2) full fence, (3) looks at the task's stop word
//   client: (a) sets kItemsHeld there, by a locked operation, (b) looks at the note once more
//
// Either the worker's look finds the bit, and it waits, or the client's finds the note, and it
// takes the bit back. Without (2) the note may still be on its way when the worker looks.
//
// If a process dies here: the worker's death ends the hold with the attempt, the client's the pool.
//
// Templated on the platform, so that a scheduler can interleave every step.

#include <atomic>
#include <cstdint>

#include "lib/common/platform.hpp"

namespace muster::detail {

// Of a task's stop word, which the client alone writes.
enum StopBits : std::uint32_t {
  kStopAsked = 1,  // the task is asked to stop; a chunk ends behind its present item
  // The next item of the chunk is not to be begun for the time being: the worker may be killed for
  // the present one. A futex.
  kItemsHeld = 2,
};

template <class Platform>
struct ItemHold {
  using Word = typename Platform::template Atomic<std::uint32_t>;

  // Worker, steps (2) and (3), after each note. The stop word: with kItemsHeld it begins no item
  // before the word has changed.
  static std::uint32_t look(const Word& stop) {
    Platform::full_fence();
    return stop.load(std::memory_order_seq_cst);
  }

  // Client. True: whoever runs the chunk of so many `items` begins none behind the one that came
  // next when the note said `done`, and that one has not ended. False: it has, and all goes on.
  static bool hold(Word& stop, const Word& note, std::uint32_t done, std::uint32_t items) {
    stop.fetch_or(kItemsHeld, std::memory_order_seq_cst);
    const std::uint32_t now = note.load(std::memory_order_seq_cst);
    // One that says less than before, or more than there are, was written over: it tells of no end.
    if (now <= done || now > items) return true;
    let_go(stop);
    return false;
  }

  // Client.
  static void let_go(Word& stop) {
    const std::uint32_t before =
        stop.fetch_and(~std::uint32_t{kItemsHeld}, std::memory_order_seq_cst);
    if ((before & kItemsHeld) != 0) Platform::wake_all(stop);
  }
};

}  // namespace muster::detail
