#include <signal.h>

#include <exception>
#include <utility>

#include <muster/error.hpp>
#include <muster/process_pool.hpp>

#include "lib/client/process_core.hpp"

namespace muster {

ProcessPoolExecutor::ProcessPoolExecutor() : ProcessPoolExecutor(ProcessPoolOptions{}) {}

ProcessPoolExecutor::ProcessPoolExecutor(ProcessPoolOptions options)
    : Executor({}),
      core_(std::make_shared<detail::ProcessCore>(options)),
      on_unwind_(options.on_unwind),
      uncaught_(std::uncaught_exceptions()) {
  // Before the workers are forked: in them, this pool is to say whose it is.
  set_backends({.travel = core_.get()});
  detail::drain_at_exit(core_);  // first: once the pool runs nothing may fail any more
  core_->start(options);
}

ProcessPoolExecutor::ProcessPoolExecutor(ProcessPoolExecutor&&) noexcept = default;

ProcessPoolExecutor& ProcessPoolExecutor::operator=(ProcessPoolExecutor&& other) noexcept {
  if (this == &other) return *this;
  end(false);
  Executor::operator=(std::move(other));
  core_ = std::move(other.core_);
  on_unwind_ = other.on_unwind_;
  uncaught_ = other.uncaught_;
  return *this;
}

ProcessPoolExecutor::~ProcessPoolExecutor() { end(std::uncaught_exceptions() > uncaught_); }

void ProcessPoolExecutor::end(bool unwinding) noexcept {
  if (!core_) return;
  if (core_->usable_here()) {
    if (unwinding && on_unwind_ == OnUnwind::kill) core_->stop_workers(SIGKILL);
    core_->close(unwinding && on_unwind_ != OnUnwind::wait);
    core_->finish();
  }
  core_.reset();
}

detail::ProcessCore& ProcessPoolExecutor::core() const {
  if (!core_) {
    throw InvalidStateError(
        "this ProcessPoolExecutor was moved from, or its construction has "
        "not ended; use the one it was moved to");
  }
  return *core_;
}

void ProcessPoolExecutor::shutdown(ShutdownOptions options) {
  core().check_caller();
  core().close(options.cancel_futures);
  if (!options.wait) return;
  // A callback cannot wait for the callbacks: the destructor will.
  core().in_callback() ? core().drain() : core().finish();
}

void ProcessPoolExecutor::terminate_workers() {
  core().check_caller();
  core().stop_workers(SIGTERM);
}

void ProcessPoolExecutor::kill_workers() {
  core().check_caller();
  core().stop_workers(SIGKILL);
}

PoolStats ProcessPoolExecutor::stats() const { return core().stats(); }

std::vector<pid_t> ProcessPoolExecutor::worker_pids() const { return core().worker_pids(); }

std::string_view ProcessPoolExecutor::name() const { return core().name(); }

}  // namespace muster
