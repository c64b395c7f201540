#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>

#include <muster/detail/await.hpp>
#include <muster/detail/done_callback.hpp>
#include <muster/detail/future_access.hpp>
#include <muster/detail/future_state.hpp>
#include <muster/detail/result_view.hpp>
#include <muster/duration.hpp>
#include <muster/error.hpp>
#include <muster/options.hpp>

namespace muster {

// The result of a task that may not have ended yet. Copies are handles on the same future; they
// compare equal and hash alike. A future stays valid after its executor is gone.
//
// Thread safety: different handles may be used by different threads at once, as may the const
// members of one handle.
//
// A Future made by its default constructor belongs to no task: valid() is false and everything
// else that asks about the task throws InvalidStateError.
template <class T>
class Future {
 public:
  using value_type = T;

  Future() = default;
  Future(const Future& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->retain();
  }
  Future(Future&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Future& operator=(Future other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Future() {
    if (state_ != nullptr) state_->release();
  }

  bool valid() const noexcept { return state_ != nullptr; }

  // True if the task had not started, or was cancelled already: it will never run, and every
  // waiter is woken. CancelMode::kill stops a running one too, by killing its worker, which is
  // replaced (process pools; of a thread pool it is the same as pending). The future is finished at
  // once; the task goes on until the signal reaches it. CancelMode::kill throws std::bad_alloc,
  // with nothing done, where the program's memory is used up.
  bool cancel(CancelMode mode = CancelMode::pending) { return state().cancel(mode); }

  bool cancelled() const { return done() && state().phase() == detail::Phase::cancelled; }
  // From the moment a worker begins the task until it is done.
  bool running() const { return state().running(); }
  // It returned, threw, or was cancelled.
  bool done() const { return state().poll_done(); }

  // Waits for the task to end and returns what it returned, rethrows what it threw, or throws
  // CancelledError. With a timeout: TimeoutError if it does not end in time; asking again later
  // is fine. The reference is valid as long as any handle.
  detail::ConstRef<T> result() const& { return get(detail::Deadline::never()); }
  detail::ConstRef<T> result(Duration timeout) const& { return get(timeout); }
  // Moves the value out if this is the last handle, and copies it otherwise. A type that cannot be
  // copied is always moved; if other futures share it, that is an InvalidStateError instead.
  T result() && { return take(detail::Deadline::never()); }
  T result(Duration timeout) && { return take(timeout); }

  // Of a std::vector of what travels as bytes, or a std::string: as result(), but a
  // std::span<const> or std::string_view of the elements where they are. What came from a process
  // pool is not copied: it lies in the memory that the worker wrote it to. Valid as long as the
  // state, so as long as any handle of this future; the memory is the pool's, and kept as long.
  // result() may be asked for, too, and is a copy then. A worker that writes where it should not (a
  // wild pointer) can change what is looked at, as it cannot a result().
  auto view() const&
    requires detail::Viewable<T>
  {
    return get_view(detail::Deadline::never());
  }
  auto view(Duration timeout) const&
    requires detail::Viewable<T>
  {
    return get_view(detail::Deadline::after(timeout));
  }
  // It would be a view of what is gone. Keep the future.
  auto view() const&&
    requires detail::Viewable<T>
  = delete;
  auto view(Duration timeout) const&&
    requires detail::Viewable<T>
  = delete;

  // Waits for the task to end; null if it threw nothing. Throws CancelledError if it was
  // cancelled and, with a timeout, TimeoutError.
  std::exception_ptr exception() const { return get_exception(detail::Deadline::never()); }
  std::exception_ptr exception(Duration timeout) const { return get_exception(timeout); }

  // Has callback(Future<T>) called when the task has ended: by the callback thread of the pool, in
  // the order in which callbacks were added; at once, by the caller, if it has ended already. What
  // it throws is logged.
  template <std::invocable<Future<T>> F>
  void add_done_callback(F&& callback) {
    detail::add_done_callback<Future<T>>(state(), std::forward<F>(callback));
  }

  // Asks a task that runs, or will run, to end early: this_task::stop_requested() turns true in
  // it. What it makes of that is its own affair.
  void request_stop() { state().request_stop(); }

  // co_await waits without a thread: the coroutine is resumed by the callback thread of the pool.
  // On an lvalue it gives const T&, on an rvalue T, moved or copied as by result().
  auto operator co_await() const& { return detail::FutureAwaiter<Future<T>, false>(*this); }
  auto operator co_await() && { return detail::FutureAwaiter<Future<T>, true>(std::move(*this)); }

  friend bool operator==(const Future& a, const Future& b) noexcept { return a.state_ == b.state_; }

  // "<Future state=finished returned int>"; likewise pending, running, cancelled, and
  // "finished raised" with the type of the exception.
  friend std::string to_string(const Future& future) {
    return detail::describe_state(future.state_, typeid(T));
  }
  friend std::ostream& operator<<(std::ostream& out, const Future& future) {
    return detail::print_text(out, to_string(future));
  }

 private:
  friend struct detail::FutureAccess;

  using State = detail::FutureState<T>;

  explicit Future(State* adopted) noexcept : state_(adopted) {}

  State& state() const {
    if (state_ == nullptr) [[unlikely]]
      detail::throw_no_state();
    return *state_;
  }

  State& settled(detail::Deadline until) const {
    State& s = state();
    if (!s.settle(until)) [[unlikely]]
      detail::throw_timeout(s);
    return s;
  }
  template <class Limit>
  State& settled_within(Limit limit) const {
    if constexpr (std::is_same_v<Limit, Duration>) {
      // The clock is read only where there is something to wait for.
      State& s = state();
      if (s.settled()) return s;
      return settled(detail::Deadline::after(limit));
    } else {
      return settled(limit);
    }
  }
  template <class Limit>
  detail::ConstRef<T> get(Limit limit) const {
    State& s = settled_within(limit);
    if (s.phase() != detail::Phase::succeeded) [[unlikely]]
      s.throw_error();
    if constexpr (!std::is_void_v<T>) return s.value();
  }
  // Of a type that depends on T, so that it is looked at where T is viewable alone.
  template <class R = T>
  typename detail::ResultView<R>::View get_view(detail::Deadline until) const {
    State& s = state();
    if (!s.wait(until)) [[unlikely]]
      detail::throw_timeout(s);
    std::size_t size = 0;
    if (const std::byte* bytes = s.view_raw(size)) return detail::view_of_bytes<R>(bytes, size);
    const T& value = get(until);
    return {value.data(), value.size()};
  }
  template <class Limit>
  T take(Limit limit) {
    State& s = settled_within(limit);
    if (s.phase() != detail::Phase::succeeded) [[unlikely]]
      s.throw_error();
    if constexpr (!std::is_void_v<T>) {
      if constexpr (!std::is_copy_constructible_v<T>) {
        if (!s.only_future()) detail::throw_cannot_copy(s);
        return std::move(s.value());
      } else {
        if (s.only_handle()) return std::move(s.value());
        return std::as_const(s.value());
      }
    }
  }
  template <class Limit>
  std::exception_ptr get_exception(Limit limit) const {
    State& s = settled_within(limit);
    switch (s.phase()) {
      case detail::Phase::succeeded: return nullptr;
      case detail::Phase::failed: return s.error();
      default: s.throw_error();
    }
  }

  State* state_ = nullptr;
};

}  // namespace muster

template <class T>
struct std::hash<muster::Future<T>> {
  std::size_t operator()(const muster::Future<T>& future) const noexcept {
    return std::hash<const void*>()(muster::detail::FutureAccess::state(future));
  }
};
