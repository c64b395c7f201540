#pragma once

#include <muster/detail/state.hpp>

#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

// The ring of hooks of one state; `head` is its first. All of it under the state's lock.
class HookList {
 public:
  explicit HookList(StateBase& state) : head_(state.hooks_) {}

  bool empty() const { return head_ == nullptr; }
  StateHook* first() const { return head_; }
  // Null after the last.
  StateHook* after(StateHook* hook) const { return hook->next == head_ ? nullptr : hook->next; }

  bool has_callback() const {
    for (StateHook* h = head_; h != nullptr; h = after(h))
      if (is_callback(*h)) return true;
    return false;
  }

  void append(StateHook& hook) {
    if (head_ == nullptr) {
      hook.prev = hook.next = &hook;
      head_ = &hook;
      return;
    }
    hook.prev = head_->prev;
    hook.next = head_;
    hook.prev->next = &hook;
    head_->prev = &hook;
  }

  void remove(StateHook& hook) {
    if (hook.next == &hook) {
      head_ = nullptr;
    } else {
      hook.prev->next = hook.next;
      hook.next->prev = hook.prev;
      if (head_ == &hook) head_ = hook.next;
    }
    hook.prev = hook.next = nullptr;
  }

  static bool hangs(const StateHook& hook) { return hook.next != nullptr; }
  static bool is_callback(const StateHook& hook) { return hook.kind == StateHook::Kind::callback; }

 private:
  StateHook*& head_;
};

// The lock of a state's hooks: one of a few, chosen by the state's address, so that a state needs
// no room for one. Nothing that may take another state's lock is called under it.
FutexMutex& hook_lock(const StateBase& state) noexcept;

}  // namespace muster::detail
