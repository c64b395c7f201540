// How a state ends, and who is told.

#include <mutex>

#include <muster/detail/state.hpp>

#include "lib/common/futex.hpp"
#include "lib/futures/callback_runner.hpp"
#include "lib/futures/hook_list.hpp"

namespace muster::detail {

bool StateBase::try_claim() noexcept {
  std::uint32_t old = status_.load(std::memory_order_relaxed);
  while ((old & kPhaseMask) < static_cast<std::uint32_t>(Phase::claimed)) {
    const std::uint32_t claimed = (old & ~kPhaseMask) | static_cast<std::uint32_t>(Phase::claimed);
    // Acquire: pairs with the release by which the state was shown to this thread.
    if (status_.compare_exchange_weak(old, claimed, std::memory_order_acquire,
                                      std::memory_order_relaxed))
      return true;
  }
  return false;
}

bool StateBase::try_cancel(bool still_held) {
  const std::uint32_t keep = still_held ? kHeld : 0;
  std::uint32_t old = status_.load(std::memory_order_relaxed);
  for (;;) {
    if ((old & kPhaseMask) != 0) return false;
    if ((old & kHooked) != 0) {
      if (!end_hooked(Phase::cancelled, 0, keep, true)) return false;
      break;
    }
    // As in publish().
    if (status_.compare_exchange_weak(old, ended(old, Phase::cancelled, 0) | (old & keep),
                                      std::memory_order_acq_rel, std::memory_order_relaxed)) {
      after_publish(old, still_held);
      break;
    }
  }
  if (ops_->drop_call != nullptr) ops_->drop_call(*this);
  return true;
}

void StateBase::publish_hooked(Phase phase, std::uint32_t raw) noexcept {
  end_hooked(phase, raw, 0, false);
}

// The state ends and its observers are told in one critical section: whoever sees it ended and
// then takes the lock to detach finds that nobody touches the list any more. After the lock is
// given back the state lives only if callbacks hang on it, which have handles.
bool StateBase::end_hooked(Phase phase, std::uint32_t raw, std::uint32_t keep, bool only_pending) {
  bool callbacks = false;
  CallbackRunner* runner = nullptr;
  std::uint32_t old;
  {
    std::lock_guard lock(hook_lock(*this));
    HookList hooks(*this);
    callbacks = hooks.has_callback();
    old = status_.load(std::memory_order_relaxed);
    std::uint32_t next;
    do {
      if (only_pending && (old & kPhaseMask) != 0) return false;
      next = (ended(old, phase, raw) & ~kHooked) | (callbacks ? kHooked : 0) | (old & keep);
      // As in publish().
    } while (!status_.compare_exchange_weak(old, next, std::memory_order_acq_rel,
                                            std::memory_order_relaxed));
    for (StateHook* h = hooks.first(); h != nullptr;) {
      StateHook* after = hooks.after(h);
      if (!HookList::is_callback(*h)) {
        hooks.remove(*h);
        h->fire(*this);
      }
      h = after;
    }
    if (callbacks) {
      retain();  // for the queue, or for fire_callbacks()
      runner = source_ != nullptr ? source_->callback_runner() : nullptr;
      if (runner != nullptr) runner->enqueue(*this);
    }
  }
  after_publish(old, (old & keep) != 0);
  if (runner != nullptr)
    runner->wake();
  else if (callbacks)
    fire_callbacks();
  return true;
}

void StateBase::after_publish(std::uint32_t old, bool still_held) noexcept {
  if ((old & kAbandoned) != 0) {
    if (!still_held) destroy();
  } else if ((old & kWaiting) != 0) {
    // The state may be gone by now: the wake only names its address.
    futex_wake_all(status_);
  }
}

// Uses up one handle.
void StateBase::fire_callbacks() noexcept {
  for (;;) {
    StateHook* hook;
    bool last;
    {
      std::lock_guard lock(hook_lock(*this));
      HookList hooks(*this);
      hook = hooks.first();
      if (hook != nullptr) hooks.remove(*hook);
      last = hooks.empty();
      // Relaxed: the flag is read under the lock once the state has ended.
      if (last) status_.fetch_and(~kHooked, std::memory_order_relaxed);
    }
    // The last callback's own handle keeps the state, so that it may be the only one.
    if (last) release();
    if (hook != nullptr) hook->fire(*this);
    if (last) return;
  }
}

bool StateBase::attach(StateHook& hook) {
  if (done()) return false;
  if (HookList::is_callback(hook) && source_ != nullptr) {
    if (CallbackRunner* runner = source_->callback_runner()) runner->ensure_thread();
  }
  // First, because once the hook hangs the state may end and go at any moment.
  if (source_ != nullptr) source_->observe(*this);
  std::lock_guard lock(hook_lock(*this));
  std::uint32_t old = status_.load(std::memory_order_relaxed);
  do {
    // The caller may read the value then: done() makes it visible.
    if ((old & kDoneBit) != 0) return !done();
    // Relaxed: who ends the state reads the flag by its CAS and the list under the lock.
  } while (!status_.compare_exchange_weak(old, old | kHooked, std::memory_order_relaxed));
  HookList(*this).append(hook);
  if (HookList::is_callback(hook)) retain();
  return true;
}

bool StateBase::detach(StateHook& hook) noexcept {
  {
    std::lock_guard lock(hook_lock(*this));
    if (!HookList::hangs(hook)) return false;
    HookList hooks(*this);
    hooks.remove(hook);
    // Relaxed: as in attach().
    if (hooks.empty()) status_.fetch_and(~kHooked, std::memory_order_relaxed);
  }
  if (HookList::is_callback(hook)) release();
  return true;
}

void StateBase::add_callback(StateHook& hook) {
  if (attach(hook)) return;
  retain();  // the callback's own
  hook.fire(*this);
}

}  // namespace muster::detail
