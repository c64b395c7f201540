#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <muster/detail/future_access.hpp>
#include <muster/detail/future_state.hpp>
#include <muster/future.hpp>

namespace muster {

namespace detail {

[[noreturn]] void throw_promise_set(const StateBase& state);
[[noreturn]] void throw_promise_moved();
[[noreturn]] void throw_promise_running(const StateBase& state);
[[noreturn]] void throw_null_exception();
// What a promise that is destroyed unset leaves in its future.
std::exception_ptr broken_promise_error();

}  // namespace detail

// The setting side of a Future, for adapters and tests: what Python's set_result is. Callbacks of
// its future run on the thread that sets it.
//
// A promise that is destroyed before it was set fails its future with InvalidStateError, so that
// nobody waits for ever. It does not count as a handle where Future::result() && asks for the last
// handle of a value that cannot be copied.
//
// Thread safety: any members may be called by any threads at once; of several that set the
// result, one wins and the others throw.
template <class T>
class Promise {
 public:
  Promise() : state_(detail::new_state<detail::PromiseState<T>>()) { state_->set_promised(true); }
  Promise(Promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Promise& operator=(Promise&& other) noexcept {
    Promise(std::move(other)).swap(*this);
    return *this;
  }
  ~Promise() {
    if (state_ == nullptr) return;
    state_->set_promised(false);
    if (!state_->only_handle() && state_->try_claim())
      state_->complete_exception(detail::broken_promise_error());
    state_->release();
  }

  void swap(Promise& other) noexcept { std::swap(state_, other.state_); }

  // May be called often: the futures are the same.
  Future<T> future() const { return detail::FutureAccess::share<T>(state()); }

  // To be called before the work begins. True: cancel() fails from now on. False: the future was
  // cancelled, and nothing must be set. InvalidStateError if it was called before, or if the
  // promise was set.
  bool set_running_or_notify_cancel() {
    if (state().try_start()) return true;
    if (state().phase() == detail::Phase::cancelled) return false;
    detail::throw_promise_running(state());
  }

  // InvalidStateError, with the first outcome kept, if it was set or the future was cancelled.
  void set_result(detail::ValueOf<T> value)
    requires(!std::is_void_v<T>)
  {
    claim();
    set_claimed(std::move(value));
  }
  void set_result()
    requires std::is_void_v<T>
  {
    claim();
    set_claimed();
  }
  // Also InvalidArgumentError for a null pointer, with nothing set.
  void set_exception(std::exception_ptr error) {
    if (!error) detail::throw_null_exception();
    claim();
    state_->complete_exception(std::move(error));
  }

  // Whether request_stop() was called on the future.
  bool stop_requested() const { return state().stop_requested(); }

 private:
  detail::PromiseState<T>& state() const {
    if (state_ == nullptr) detail::throw_promise_moved();
    return *state_;
  }
  // A value whose move throws leaves its exception in the future.
  template <class... Value>
  void set_claimed(Value&&... value) {
    try {
      state_->emplace(std::forward<Value>(value)...);
    } catch (...) {
      state_->complete_exception(std::current_exception());
      throw;
    }
    state_->publish(detail::Phase::succeeded, 0);
  }
  void claim() {
    if (!state().try_claim()) detail::throw_promise_set(state());
  }

  detail::PromiseState<T>* state_;
};

}  // namespace muster
