#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <muster/detail/future_access.hpp>

namespace muster::detail {

// Logs what a callback or a coroutine resumed by a future threw.
void log_callback_error(const std::exception_ptr& error) noexcept;

template <class FutureType, class F>
class DoneCallback final : public StateHook {
 public:
  template <class G>
  explicit DoneCallback(G&& callback)
      : StateHook(Kind::callback), callback_(std::forward<G>(callback)) {}

  void fire(StateBase& state) noexcept override {
    using State = FutureState<typename FutureType::value_type>;
    try {
      std::invoke(callback_, FutureAccess::adopt(static_cast<State*>(&state)));
    } catch (...) {
      log_callback_error(std::current_exception());
    }
    delete this;
  }

 private:
  F callback_;
};

template <class FutureType, class F>
void add_done_callback(StateBase& state, F&& callback) {
  auto hook =
      std::make_unique<DoneCallback<FutureType, std::decay_t<F>>>(std::forward<F>(callback));
  state.add_callback(*hook);
  (void)hook.release();  // it is the state's, or has run and deleted itself
}

}  // namespace muster::detail
