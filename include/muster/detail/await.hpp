#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include <muster/detail/done_callback.hpp>
#include <muster/detail/future_access.hpp>

namespace muster::detail {

// co_await on a future. Lives in the coroutine's frame, and so hangs on the state by a hook that
// needs no memory of its own. If the frame is destroyed while it waits, the hook is taken off.
template <class FutureType, bool kMove>
class FutureAwaiter final : private StateHook {
 public:
  explicit FutureAwaiter(FutureType future) noexcept
      : StateHook(Kind::callback), future_(std::move(future)) {}
  FutureAwaiter(FutureAwaiter&& other) noexcept
      : StateHook(Kind::callback), future_(std::move(other.future_)) {}
  ~FutureAwaiter() {
    if (waiting_) FutureAccess::state(future_)->detach(*this);
  }

  bool await_ready() const { return future_.done(); }

  bool await_suspend(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    waiting_ = true;
    // From the moment it hangs the coroutine may be resumed, and destroyed, by another thread.
    if (FutureAccess::state(future_)->attach(*this)) return true;
    waiting_ = false;
    return false;
  }

  decltype(auto) await_resume() {
    if constexpr (kMove)
      return std::move(future_).result();
    else
      return std::as_const(future_).result();
  }

 private:
  void fire(StateBase& state) noexcept override {
    waiting_ = false;
    // future_ is a handle already, and for a result to be moved out it must be the only one.
    state.release();
    try {
      coroutine_.resume();
    } catch (...) {
      log_callback_error(std::current_exception());
    }
  }

  FutureType future_;
  std::coroutine_handle<> coroutine_;
  bool waiting_ = false;
};

}  // namespace muster::detail
