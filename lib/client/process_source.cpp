#include "lib/client/process_source.hpp"

#include <cstdlib>
#include <mutex>
#include <utility>

#include <muster/error.hpp>

#include "lib/client/process_core.hpp"
#include "lib/common/unused_objects.hpp"
#include "lib/sharing/deliveries.hpp"

namespace muster::detail {

ProcessSource& ProcessSource::take() { return UnusedObjects<ProcessSource>::take(); }

void ProcessSource::adopt(ProcessCore& core, CallbackRunner& callbacks) {
  const std::lock_guard lock(mutex_);
  core_ = &core;
  callbacks_.store(&callbacks, std::memory_order_release);
}

void ProcessSource::forget_in_child() {
  mutex_.reset_after_fork();
  core_ = nullptr;
  // The mapping is not in this process: what is at its address now is somebody else's.
  if (results_.get_address() != nullptr) {
    (void)new boost::interprocess::mapped_region(std::move(results_));
  }
}

void ProcessSource::retire(boost::interprocess::mapped_region results, std::uint64_t kept) {
  core_ = nullptr;
  kept_ = kept;
  if (kept == 0) return UnusedObjects<ProcessSource>::put(*this);
  results_ = std::move(results);
}

bool ProcessSource::cancel(StateBase& state, CancelMode mode) {
  const std::lock_guard lock(mutex_);
  if (state.done() || core_ == nullptr) return state.phase() == Phase::cancelled;
  return core_->cancel(state, mode);
}

bool ProcessSource::running(const StateBase& state) {
  const std::lock_guard lock(mutex_);
  return !state.done() && core_ != nullptr && core_->running(state);
}

void ProcessSource::wait(StateBase& state, Deadline until) {
  std::unique_lock lock(mutex_);
  while (!state.done() && core_ != nullptr) {
    core_->wait(lock, state, until);
    if (state.done() || until.expired()) return;
  }
  if (!state.done()) {
    throw InvalidStateError(
        "a future of a process pool cannot be waited for in a child that the program forked; "
        "wait in the process that made the pool");
  }
}

void ProcessSource::poll(StateBase& state) {
  const std::lock_guard lock(mutex_);
  if (!state.done() && core_ != nullptr) core_->poll(state);
}

void ProcessSource::observe(StateBase& state) {
  const std::lock_guard lock(mutex_);
  if (!state.done() && core_ != nullptr) core_->observe(state);
}

bool ProcessSource::abandon(StateBase& state) {
  // Under the lock, so that who completes the state finds it abandoned or not at all.
  const std::lock_guard lock(mutex_);
  return state.mark_abandoned();
}

void ProcessSource::request_stop(StateBase& state) {
  const std::lock_guard lock(mutex_);
  if (!state.done() && core_ != nullptr) core_->request_stop(state);
}

std::shared_ptr<SharedBlock> ProcessSource::receive_block(StateBase& state,
                                                          const BlockReference& reference,
                                                          SharedBlock::Access access) {
  return Deliveries::receive(state.task(), reference, access);
}

void ProcessSource::release_raw(StateBase& state, const std::byte* data,
                                std::size_t size) noexcept {
  if (Deliveries::is_one(state.task())) Deliveries::drop(state.task());
  {
    const std::lock_guard lock(mutex_);
    if (core_ != nullptr && core_->owns(data)) {
      core_->release_kept(data, size);
      return;
    }
    const auto* begin = static_cast<const std::byte*>(results_.get_address());
    if (begin != nullptr && data >= begin && data < begin + results_.get_size()) {
      if (--kept_ != 0) return;
      results_ = {};
      UnusedObjects<ProcessSource>::put(*this);
      return;
    }
  }
  std::free(const_cast<std::byte*>(data));  // small results are kept on the heap
}

std::string ProcessSource::task_name(const StateBase& state) {
  const std::lock_guard lock(mutex_);
  return state.done() || core_ == nullptr ? std::string() : core_->task_name(state);
}

CallbackRunner* ProcessSource::callback_runner() noexcept {
  return callbacks_.load(std::memory_order_acquire);  // pairs with adopt()
}

}  // namespace muster::detail
