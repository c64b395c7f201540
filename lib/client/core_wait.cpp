// Threads of the program that wait for a task, and what they can ask of one that is unfinished.

#include <algorithm>

#include "lib/client/process_core.hpp"
#include "lib/common/futex.hpp"
#include "lib/futures/spin.hpp"

namespace muster::detail {

namespace {
// By then a task that waits has been begun, if who was woken for it is not stopped.
constexpr std::int64_t kSecondWakeNs = 2'000'000;
}  // namespace

// One round; the caller asks again while the state is not done.
void ProcessCore::wait(Lock& lock, StateBase& state, Deadline until) {
  const Place place(state.task());
  if (place.has_slot()) {
    const std::uint32_t slot = place.slot();
    if (harvest(slot)) {
      // While the lock is held and the lines come in order: the next ones' futures will be asked
      // for, too.
      harvest_ready(kHarvestBatch, kHarvestPatience);
      refill();
      return;
    }
    if (state.done()) return;  // the harvest found the pool broken
    const SlotStatus status = slots_.read(slot).status();
    if (status != SlotStatus::died && status != SlotStatus::killed) {
      return wait_for_slot(lock, slot, until);
    }
    // The pump will take it in.
  } else {
    refill();
    // It may have got a slot by now, or have failed, for want of memory for its arguments.
    const Place now(state.task());
    if (state.done() || now.has_slot()) return;
    now.node()->notify = true;
  }
  lock.unlock();
  state.park(within_audit(until));
  lock.lock();
  if (!state.done()) audit_while_waiting();
}

// Returns when the slot's present task has ended, or when it is time to look again.
void ProcessCore::wait_for_slot(Lock& lock, std::uint32_t slot, Deadline until) {
  const TaskTag tag = in_flight_[slot].tag;
  ++waiting_;
  ++in_flight_[slot].sleepers;
  lock.unlock();
  if (!spin_until([&] { return !slots_.unfinished(slot, tag); })) {
    const Deadline audit = within_audit(until);
    if (waits_beside_sleepers(slot, tag)) {
      const Deadline first = std::min(audit, Deadline::at(monotonic_ns() + kSecondWakeNs));
      slots_.sleep_while_unfinished(slot, tag, first);
      if (waits_beside_sleepers(slot, tag)) wake_one_worker();
    }
    slots_.sleep_while_unfinished(slot, tag, audit);
  }
  lock.lock();
  --waiting_;
  --in_flight_[slot].sleepers;
  if (slots_.unfinished(slot, tag)) audit_while_waiting();
  if (progress_waiters_ != 0) announce_progress();
}

// Whether nobody has begun this very task, though somebody sleeps.
bool ProcessCore::waits_beside_sleepers(std::uint32_t slot, TaskTag tag) const {
  return slots_.read(slot) == SlotWord(SlotStatus::pending, 0, tag) && parking_->anyone_sleeps();
}

// Returns when a task has ended: the oldest one, or any.
void ProcessCore::wait_for_progress(Lock& lock, Progress what) {
  if (what == Progress::oldest) {
    const std::uint32_t slot = in_flight_.oldest();
    if (slot != in_flight_.slots()) {
      // Of a task whose worker has died, or is to, the pump hears, and nobody at its slot.
      const SlotStatus status = slots_.read(slot).status();
      if (status != SlotStatus::died && status != SlotStatus::killed &&
          status != SlotStatus::killing) {
        return wait_for_slot(lock, slot, Deadline::never());
      }
    }
  }
  const std::uint32_t seen = progress_.load(std::memory_order_relaxed);  // under the lock
  ++progress_waiters_;
  lock.unlock();
  const FutexResult result = futex_wait(progress_, seen, within_audit(Deadline::never()));
  lock.lock();
  --progress_waiters_;
  if (result == FutexResult::timed_out) audit_while_waiting();
}

void ProcessCore::announce_progress() {
  progress_.fetch_add(1, std::memory_order_relaxed);  // under the lock; the futex orders
  futex_wake_all(progress_);
}

bool ProcessCore::running(const StateBase& state) const {
  const Place place(state.task());
  if (!place.has_slot()) return false;
  const SlotStatus status = slots_.read(place.slot()).status();
  return status == SlotStatus::running || status == SlotStatus::killing;
}

void ProcessCore::poll(StateBase& state) {
  const Place place(state.task());
  if (place.has_slot() && harvest(place.slot())) refill();
}

void ProcessCore::observe(StateBase& state) {
  const Place place(state.task());
  if (!place.has_slot()) {
    place.node()->notify = true;
    return;
  }
  if (tell_pump(place.slot())) refill();
}

// From now on the pump hears when the slot's task ends. True: it has, and is taken in.
bool ProcessCore::tell_pump(std::uint32_t slot) noexcept {
  slots_.ask(slot, kAttentionNotify);
  mark_telling(slot, true);
  // It may have ended before it was asked to tell.
  return harvest(slot);
}

bool ProcessCore::cancel(StateBase& state, CancelMode mode) {
  const Place place(state.task());
  if (!place.has_slot()) {
    cancel_behind(*place.node());
    return true;
  }
  const std::uint32_t slot = place.slot();
  Shadow& shadow = in_flight_[slot];
  if (slots_.cancel(slot, shadow.tag)) {
    telemetry_.tell(EventKind::cancelled, slot, shadow.tag);
    free_slot(slot);
    count_ended(Ended::cancelled);
    state.complete_cancelled();
    refill();
    return true;
  }
  if (harvest(slot)) refill();
  if (state.done() || mode != CancelMode::kill) return false;
  const SlotWord word = slots_.read(slot);
  if (word.status() != SlotStatus::running || word.owner() >= geometry_.workers ||
      !kill_for(slot, word.owner(), KillReason::cancel)) {
    // It ended between the two looks, or its worker has died.
    if (harvest(slot)) refill();
    return false;
  }
  shadow.state = nullptr;
  telemetry_.tell(EventKind::cancelled, slot, shadow.tag);
  count_ended(Ended::cancelled);
  state.complete_cancelled();
  // Those who wait for it at its slot: its worker may take a while to die.
  if (shadow.sleepers != 0) slots_.rouse(slot);
  return true;
}

// The node is dropped when its turn comes.
void ProcessCore::cancel_behind(Behind& node) {
  StateBase* state = std::exchange(node.state, nullptr);
  telemetry_.tell(EventKind::cancelled, node);
  ++backlog_cancelled_;
  count_behind();
  count_ended(Ended::cancelled);
  state->complete_cancelled();
}

void ProcessCore::request_stop(StateBase& state) {
  const Place place(state.task());
  // One that waits behind is told when it gets its slot (put_in_slot).
  if (!place.has_slot()) return;
  // Relaxed: a flag and nothing else.
  tasks_.part(place.slot()).stop.fetch_or(kStopAsked, std::memory_order_relaxed);
}

std::string ProcessCore::task_name(const StateBase& state) const {
  const Place place(state.task());
  const TaskPart& part = place.has_slot() ? tasks_.part(place.slot()) : place.node()->part;
  return types_->name(part.name);
}

}  // namespace muster::detail
