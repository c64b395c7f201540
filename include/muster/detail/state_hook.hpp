#pragma once

namespace muster::detail {

class StateBase;

// What hangs on an unfinished state and is told when it is done. An intrusive list node: it must
// be fired or detached before it is destroyed.
//
// An observer's fire() is called while the state's lock is held: it is short, takes no lock of
// another state and never calls into the state. Its owner keeps a handle on the state until it
// has called StateBase::detach(), also after it was fired.
//
// A callback counts as a handle from when it is attached until it is detached; when it fires, that
// handle becomes its own to release. fire() is called without a lock, on the callback thread of
// the pool, and may do anything, also destroy the hook.
class StateHook {
 public:
  enum class Kind { observer, callback };

  explicit StateHook(Kind hook_kind) : kind(hook_kind) {}
  StateHook(const StateHook&) = delete;
  StateHook& operator=(const StateHook&) = delete;

  virtual void fire(StateBase& state) noexcept = 0;

  // For HookList alone.
  const Kind kind;
  StateHook* prev = nullptr;
  StateHook* next = nullptr;  // null: hangs nowhere

 protected:
  ~StateHook() = default;
};

}  // namespace muster::detail
