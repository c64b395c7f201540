#pragma once

// The slot words in shared memory: which task is where, in one word each.
//
// Who writes: the client publishes, cancels and releases; a worker claims and finishes; the client
// begins a kill; the supervisor ends what a dead worker held. Every arrow of slot_word.hpp but
// publish and release is one compare-and-swap that names the tag and the owner, so of two who
// want the same slot one wins, and a process that comes late changes nothing.
//
// If a process dies here: before a compare-and-swap nothing has happened; after it, the word says
// what has. A worker that dies with a word at running(w) or killing(w) is found by recover(w),
// which may be run any number of times. The client's death ends the pool.
//
// Templated on the platform (its atomics), so that a scheduler can interleave every step.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/common/platform.hpp"
#include "lib/slots/result_part.hpp"
#include "lib/slots/slot_word.hpp"

namespace muster::detail {

// A slot's attention word: who wants to hear that the task has ended. Above these bits the low bits
// of the task's tag, so that nobody sleeps on the word of the task after the one he meant. No bit
// is ever taken back: while the word is one task's, it never has the same value twice.
inline constexpr std::uint32_t kAttentionWaiter = 1;  // a client thread sleeps on the word
inline constexpr std::uint32_t kAttentionNotify = 2;  // the client's pump wants a completion hint
inline constexpr std::uint32_t kAttentionAsked = 3;
inline constexpr std::uint32_t kAttentionTold = 4;  // the task has ended: nobody may sleep any more
inline constexpr std::uint32_t kAttentionBits = 7;

constexpr std::uint32_t attention_of(TaskTag tag, std::uint32_t bits) {
  return static_cast<std::uint32_t>(tag.bits() << 3) | bits;
}

// A cache line of its own: a worker's claim must not disturb the slot that another worker runs. And
// one for both the word and the result: who sees that the task has ended has the result at hand.
template <class Platform>
struct alignas(64) BasicSlotLine {
  typename Platform::template Atomic<std::uint64_t> word;
  typename Platform::template Atomic<std::uint32_t> attention;
  ResultPart result;
};

template <class Platform = StdPlatform>
class SlotTable {
 public:
  using Line = BasicSlotLine<Platform>;

  SlotTable() = default;
  explicit SlotTable(std::span<Line> lines) : lines_(lines) {}

  std::size_t size() const { return lines_.size(); }

  // The client's read, after which it reads the result part: pairs with finish(). seq_cst for the
  // look that comes after ask().
  SlotWord read(std::uint32_t slot) const {
    return SlotWord(lines_[slot].word.load(std::memory_order_seq_cst));
  }

  // Client: the task's part is written; hand it to whoever claims it. Release pairs with claim().
  void publish(std::uint32_t slot, TaskTag tag, std::uint32_t attention) {
    // Relaxed: ordered by the word.
    lines_[slot].attention.store(attention_of(tag, attention), std::memory_order_relaxed);
    lines_[slot].word.store(SlotWord(SlotStatus::pending, 0, tag).bits(),
                            std::memory_order_release);
  }

  // Worker: true if the task is now this worker's to run. Does not read the word first: a read
  // would fetch the cache line twice.
  bool claim(std::uint32_t slot, TaskTag tag, std::uint32_t worker) {
    return swap(slot, {SlotStatus::pending, 0, tag}, {SlotStatus::running, worker, tag});
  }

  // Worker: the result part is written. False: it is being killed, and must do nothing more.
  bool finish(std::uint32_t slot, TaskTag tag, std::uint32_t worker, bool failed) {
    const auto status = failed ? SlotStatus::failed : SlotStatus::done;
    return swap(slot, {SlotStatus::running, worker, tag}, {status, worker, tag});
  }

  // Worker, after finish(): seq_cst here and in ask(), so that either the worker sees the
  // question or the asker sees the end.
  std::uint32_t attention(std::uint32_t slot) const {
    return lines_[slot].attention.load(std::memory_order_seq_cst) & kAttentionAsked;
  }

  // Client: asks to be told. The word must be read again after it. Returns the attention word as it
  // is then, to sleep on.
  std::uint32_t ask(std::uint32_t slot, std::uint32_t bit) {
    return lines_[slot].attention.fetch_or(bit, std::memory_order_seq_cst) | bit;
  }

  // Written by the worker that runs the task, before finish(); read by the client, after read().
  ResultPart& result(std::uint32_t slot) { return lines_[slot].result; }
  const ResultPart& result(std::uint32_t slot) const { return lines_[slot].result; }

  auto& attention_word(std::uint32_t slot) { return lines_[slot].attention; }

  // Client: whether this very task has not come to its end.
  bool unfinished(std::uint32_t slot, TaskTag tag) const {
    const SlotWord word = read(slot);
    return word.tag() == tag && !is_terminal(word.status()) && word.status() != SlotStatus::free;
  }

  // Client: sleeps until somebody rouses those who wait for this task, or the deadline. May return
  // early.
  void sleep_while_unfinished(std::uint32_t slot, TaskTag tag, Deadline until) {
    const std::uint32_t attention = ask(slot, kAttentionWaiter);
    // Another task's word: the one that is meant has ended. A wake too many for that one's worker.
    if (!is_of(attention, tag)) return;
    if ((attention & kAttentionTold) != 0) return;  // perhaps cancelled, its worker yet to die
    if (!unfinished(slot, tag)) return;
    Platform::wait(lines_[slot].attention, attention, until);
  }

  // Worker, after finish(): wakes those who sleep for the task. Not for the one after it, which may
  // be in the slot by now: its word stays as it is.
  void tell_sleepers(std::uint32_t slot, TaskTag tag) {
    auto& word = lines_[slot].attention;
    std::uint32_t seen = word.load(std::memory_order_seq_cst);
    if ((seen & kAttentionWaiter) == 0) return;
    // First, so that one who is about to sleep finds the word changed, whoever asks after it.
    while (is_of(seen, tag) &&
           !word.compare_exchange_strong(seen, seen | kAttentionTold, std::memory_order_seq_cst)) {
    }
    Platform::wake_all(word);
  }

  // The same by the client, whatever the word says, when it has released the slot, and before it
  // publishes it anew: the worker may have died between the two steps, or before them. Also when
  // the task's future has ended and its worker is still to be killed.
  void rouse(std::uint32_t slot) {
    lines_[slot].attention.fetch_or(kAttentionTold, std::memory_order_seq_cst);
    Platform::wake_all(lines_[slot].attention);
  }

  // Client: true if nobody will ever run it. The slot is free then.
  bool cancel(std::uint32_t slot, TaskTag tag) {
    return swap(slot, {SlotStatus::pending, 0, tag}, {SlotStatus::free, 0, tag});
  }

  // Client: true if the worker is to be killed for this task, and only for it.
  bool begin_kill(std::uint32_t slot, TaskTag tag, std::uint32_t worker) {
    return swap(slot, {SlotStatus::running, worker, tag}, {SlotStatus::killing, worker, tag});
  }

  // Supervisor, with `worker` confirmed dead: ends what it held. Calls ended(slot, word) with the
  // new word of each. Idempotent.
  template <class Ended>
  void recover(std::uint32_t worker, Ended&& ended) {
    for (std::uint32_t slot = 0; slot < lines_.size(); ++slot) {
      const SlotWord old = read(slot);
      if (old.owner() != worker) continue;
      SlotStatus next;
      if (old.status() == SlotStatus::running) {
        next = SlotStatus::died;
      } else if (old.status() == SlotStatus::killing) {
        next = SlotStatus::killed;
      } else {
        continue;
      }
      const SlotWord word(next, worker, old.tag());
      if (swap(slot, old, word)) {
        ended(slot, word);
      } else {
        --slot;  // the client turned running into killing meanwhile: look again
      }
    }
  }

  // Client, on a slot in a state that is the client's alone.
  void release(std::uint32_t slot) {
    // Relaxed: nobody acts on a free word; publish() orders the next task.
    lines_[slot].word.store(0, std::memory_order_relaxed);
  }

 private:
  static bool is_of(std::uint32_t attention, TaskTag tag) {
    return attention == attention_of(tag, attention & kAttentionBits);
  }

  bool swap(std::uint32_t slot, SlotWord from, SlotWord to) {
    std::uint64_t expected = from.bits();
    // Success is seq_cst: the acquire half pairs with publish() and finish(), the release half
    // with read(), and the total order with attention() and ask().
    return lines_[slot].word.compare_exchange_strong(expected, to.bits(), std::memory_order_seq_cst,
                                                     std::memory_order_relaxed);
  }

  std::span<Line> lines_;
};

using SlotLine = BasicSlotLine<StdPlatform>;
static_assert(sizeof(SlotLine) == 64, "one slot, one cache line");

}  // namespace muster::detail
