// What futures say of themselves: printing, and the texts of the errors they throw.

#include <cxxabi.h>

#include <ostream>

#include <muster/detail/done_callback.hpp>
#include <muster/detail/future_access.hpp>
#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/exception_text.hpp"

namespace muster::detail {
namespace {

std::string type_of_exception(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const RemoteError& remote) {
    return remote.type_name();
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr ? demangle(type->name()) : "an exception from another language";
  }
}

// "the task resize", or "the task" where there is no name.
std::string the_task(const StateBase& state) {
  const std::string name = state.name();
  return name.empty() ? "the task" : "the task " + name;
}

}  // namespace

std::string describe_state(StateBase* state, const std::type_info& value) {
  std::string text = "<Future state=";
  if (state == nullptr) return text + "none>";
  if (!state->poll_done()) return text + (state->running() ? "running>" : "pending>");
  // What came as bytes may turn out to be an error only when it is decoded.
  state->settle(Deadline::never());
  switch (state->phase()) {
    case Phase::cancelled: return text + "cancelled>";
    case Phase::failed: return text + "finished raised " + type_of_exception(state->error()) + ">";
    default: return text + "finished returned " + demangle(value.name()) + ">";
  }
}

std::ostream& print_text(std::ostream& out, const std::string& text) { return out << text; }

void throw_no_state() {
  throw InvalidStateError(
      "this future belongs to no task: it was made by its default constructor or moved from");
}

void throw_moved_from() {
  throw InvalidStateError("this pool was moved from: it can only be destroyed or assigned to");
}

void throw_timeout(const StateBase& state) {
  throw TimeoutError("the result of " + the_task(state) +
                     " was not there in time; the task goes on, and asking again is fine");
}

void throw_unfinished(std::size_t unfinished, std::size_t all) {
  throw TimeoutError(std::to_string(unfinished) + " (of " + std::to_string(all) +
                     ") futures unfinished when the time was over; their tasks go on");
}

void throw_cannot_copy(const StateBase& state) {
  throw InvalidStateError("the result of " + the_task(state) +
                          " cannot be copied and other handles share its future, so it cannot be "
                          "moved out either; use the reference that result() const& gives");
}

void log_callback_error(const std::exception_ptr& error) noexcept {
  log(LogLevel::error, "a callback of a future threw " + describe_exception(error));
}

}  // namespace muster::detail
