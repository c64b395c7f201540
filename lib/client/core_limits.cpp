// Time limits, and how a worker is killed for its task.

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "lib/client/process_core.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {
// How often a chunk with a time limit is looked at, as a part of the limit: its items begin
// unseen, so an item is stopped at most so much late.
constexpr std::int64_t kChunkLooks = 8;

using Hold = ItemHold<StdPlatform>;
}  // namespace

// Nanoseconds until there is something to be done about limits and kills; forever where there is
// not.
std::int64_t ProcessCore::enforce_timeouts() {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  if (kill_unsent_ && !ask_to_kill()) next = kAuditPeriodNs;
  if (!timed_.empty()) next = std::min(next, look_at_limits());
  return next == std::numeric_limits<std::int64_t>::max() ? kNoLimit : next;
}

// Nanoseconds until the earliest limit could be reached; the highest number where there is none.
std::int64_t ProcessCore::look_at_limits() {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  const PoolHeader& header = tasks_.header();
  const std::uint64_t now_ticks = ticks_now();
  const std::int64_t now = monotonic_ns();
  const TickScale scale(header.created_ticks, header.created_monotonic_ns, now_ticks, now);
  for (const std::uint32_t slot : std::vector<std::uint32_t>(timed_)) {
    Shadow& shadow = in_flight_[slot];
    Extras& extras = *shadow.extras;
    const SlotWord word = slots_.read(slot);
    std::int64_t left = extras.timeout_ns;
    if (word.status() == SlotStatus::running && word.owner() < geometry_.workers) {
      const WorkerRecord& record = results_.window(word.owner()).record();
      // Acquire pairs with the worker's claim: the start belongs to this task.
      const bool begun =
          record.current.load(std::memory_order_acquire) == Hint(slot, shadow.tag).bits() + 1;
      const std::uint32_t items = extras.items - extras.first;
      std::uint32_t done =
          extras.items != 0 ? record.chunk_items.load(std::memory_order_relaxed) : 0;
      if (done > items) done = 0;  // it has written over its notes
      if (!extras.seen || done > extras.seen_items) {
        extras.seen = true;
        extras.seen_items = done;
        extras.seen_at_ns = now;
      }
      // It runs for longer than it has been seen running; that much needs no word of the worker's,
      // which may have written over its notes.
      left -= now - extras.seen_at_ns;
      if (extras.items == 0 && begun) {
        const std::uint64_t started = record.started_ticks.load(std::memory_order_relaxed);
        const std::int64_t ran = scale.nanoseconds(now_ticks > started ? now_ticks - started : 0);
        left = std::min(left, extras.timeout_ns - ran);
      }
      if (left <= 0 && (extras.items == 0 || Hold::hold(tasks_.part(slot).stop, record.chunk_items,
                                                        extras.seen_items, items))) {
        extras.killed_item = extras.first + extras.seen_items;
        kill_for(slot, word.owner(), KillReason::timeout);
        continue;
      }
      if (left <= 0) left = extras.timeout_ns;  // the item has ended at this very moment
      // Between its claim and its note of the time: look again at once.
      if (!begun) left = 0;
      if (extras.items != 0) left = std::min(left, extras.timeout_ns / kChunkLooks);
    } else if (word.status() == SlotStatus::killing) {
      continue;  // the supervisor sees to it
    } else if (is_terminal(word.status())) {
      harvest(slot);
      continue;
    }
    // One that has not begun can reach its limit no earlier than that.
    next = std::min(next, std::max<std::int64_t>(left, 1'000'000));
  }
  return next;
}

// True: the worker is to be killed for this task. False: the task has just ended, or its worker
// has. The word first, the signal after it: so the worker cannot have begun another task when the
// signal comes.
bool ProcessCore::kill_for(std::uint32_t slot, std::uint32_t worker, KillReason why) {
  Shadow& shadow = in_flight_[slot];
  // Before the word: without memory for it the worker is not to wait for its end.
  if (!shadow.extras) shadow.extras = std::make_unique<Extras>();
  if (!slots_.begin_kill(slot, shadow.tag, worker)) return false;
  // A cancelled one stays so, though its word has said again that it runs.
  if (shadow.extras->kill != KillReason::cancel) shadow.extras->kill = why;
  if (!ask_to_kill()) ring_doorbell();
  return true;
}

// False: there was no room or memory for the message, and the pump asks again. (A supervisor that
// is gone takes its workers with it: the kill is done then, too.)
bool ProcessCore::ask_to_kill() {
  Message message;
  message.kind = MessageKind::kill_task;
  kill_unsent_ = !send_message(socket_.get(), message, SendMode::at_once);
  return !kill_unsent_;
}

}  // namespace muster::detail
