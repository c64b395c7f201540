#include <muster/promise.hpp>

namespace muster::detail {

void throw_promise_set(const StateBase& state) {
  if (state.phase() == Phase::cancelled)
    throw InvalidStateError("a promise was set whose future had been cancelled");
  throw InvalidStateError("a promise was set a second time; the first outcome is kept");
}

void throw_promise_moved() {
  throw InvalidStateError("this promise was moved from: it has no future");
}

void throw_promise_running(const StateBase& state) {
  throw InvalidStateError(state.done() ? "a promise that was set cannot be marked as running"
                                       : "a promise was marked as running a second time");
}

void throw_null_exception() {
  throw InvalidArgumentError("a promise was given a null exception: set a result instead");
}

std::exception_ptr broken_promise_error() {
  return std::make_exception_ptr(
      InvalidStateError("the promise of this future was destroyed before it was set"));
}

}  // namespace muster::detail
