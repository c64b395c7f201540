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

  explicit StateHook(Kind kind) : kind_(kind) {}
  StateHook(const StateHook&) = delete;
  StateHook& operator=(const StateHook&) = delete;

  virtual void fire(StateBase& state) noexcept = 0;

 protected:
  ~StateHook() = default;

 private:
  friend class HookList;

  StateHook* prev_ = nullptr;
  StateHook* next_ = nullptr;  // null: hangs nowhere
  Kind kind_;
};

}  // namespace muster::detail
