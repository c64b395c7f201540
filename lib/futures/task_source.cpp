#include <muster/detail/future_access.hpp>
#include <muster/detail/state.hpp>
#include <muster/detail/task_source.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"

namespace muster::detail {

bool TaskSource::cancel(StateBase& state, CancelMode) {
  return state.try_cancel(false) || state.phase() == Phase::cancelled;
}

bool TaskSource::running(const StateBase&) { return false; }

void TaskSource::wait(StateBase& state, Deadline until) { state.park(until); }

void TaskSource::poll(StateBase&) {}

void TaskSource::observe(StateBase&) {}

bool TaskSource::abandon(StateBase& state) { return state.mark_abandoned(); }

void TaskSource::request_stop(StateBase&) {}

void TaskSource::release_raw(StateBase&, const std::byte*, std::size_t) noexcept {}

std::shared_ptr<SharedBlock> TaskSource::receive_block(StateBase&, const BlockReference&,
                                                       SharedBlock::Access) {
  throw EncodingError("an array in shared memory came with a result of no process pool");
}

std::string TaskSource::task_name(const StateBase& state) {
  const std::type_info* callable = state.ops().callable;
  return callable != nullptr ? demangle(callable->name()) : std::string();
}

CallbackRunner* TaskSource::callback_runner() noexcept { return nullptr; }

}  // namespace muster::detail
