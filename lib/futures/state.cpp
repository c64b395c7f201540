#include <cstdlib>
#include <cstring>
#include <mutex>

#include <muster/decoder.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/detail/future_access.hpp>
#include <muster/detail/state.hpp>
#include <muster/detail/state_allocator.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/futex.hpp"
#include "lib/futures/spin.hpp"
#include "lib/futures/task_name.hpp"

// Reading, waiting for and freeing a state. Completing one and its hooks: completion.cpp; results
// that are kept as bytes: raw_result.cpp.

namespace muster::detail {

bool StateBase::poll_done() {
  if (done()) return true;
  if (source_ != nullptr) source_->poll(*this);
  return done();
}

bool StateBase::wait_slow(Deadline until) {
  if (source_ != nullptr)
    source_->wait(*this, until);
  else
    park(until);
  return done();
}

void StateBase::park(Deadline until) {
  if (until == Deadline::passed() || spin_until([this] { return done(); })) return;
  std::uint32_t seen = status_.load(std::memory_order_acquire);
  while ((seen & kDoneBit) == 0) {
    // Acquire, as in done(): it may fail because the state is done.
    if ((seen & kWaiting) == 0 &&
        !status_.compare_exchange_weak(seen, seen | kWaiting, std::memory_order_acquire))
      continue;
    if (futex_wait(status_, seen | kWaiting, until) == FutexResult::timed_out) return;
    seen = status_.load(std::memory_order_acquire);
  }
}

bool StateBase::cancel(CancelMode mode) {
  if (!done()) {
    if (source_ != nullptr) return source_->cancel(*this, mode);
    if (try_cancel(false)) return true;
  }
  return phase() == Phase::cancelled;
}

bool StateBase::running() const {
  switch (phase()) {
    case Phase::running:
    case Phase::claimed: return true;
    case Phase::pending: return source_ != nullptr && source_->running(*this);
    default: return false;
  }
}

void StateBase::request_stop() {
  // Relaxed: a flag that the task polls, nothing is published with it.
  status_.fetch_or(kStop, std::memory_order_relaxed);
  if (!done() && source_ != nullptr) source_->request_stop(*this);
}

std::exception_ptr StateBase::error() const {
  switch (phase()) {
    case Phase::failed: return payload_.error;
    case Phase::cancelled: return std::make_exception_ptr(CancelledError());
    default: return nullptr;
  }
}

void StateBase::throw_error() const { std::rethrow_exception(error()); }

std::string StateBase::name() const {
  if (source_ != nullptr) return source_->task_name(*this);
  return ops_->callable != nullptr ? demangle(ops_->callable->name()) : std::string();
}

void StateBase::let_go() noexcept {
  // Acq_rel: pairs with mark_abandoned(); the later of the two frees what the other wrote.
  if ((status_.fetch_and(~kHeld, std::memory_order_acq_rel) & kAbandoned) != 0) destroy();
}

bool StateBase::mark_abandoned() noexcept {
  // Acq_rel: pairs with let_go() and with the CAS that completes.
  return (status_.fetch_or(kAbandoned, std::memory_order_acq_rel) & kHeld) == 0;
}

void StateBase::drop_last() noexcept {
  const std::uint32_t seen = status_.load(std::memory_order_acquire);
  bool last = (seen & kHeld) == 0;
  if (!last) {
    const bool unfinished = (seen & kDoneBit) == 0 && source_ != nullptr;
    last = unfinished ? source_->abandon(*this) : mark_abandoned();
  }
  // Here, where no lock is held: it may have ended by now, with a result that its source keeps.
  if (last) destroy();
}

void StateBase::destroy() noexcept {
  // Relaxed: whoever got here is alone with the state, by one of the acquires above.
  const std::uint32_t status = status_.load(std::memory_order_relaxed);
  const auto end = static_cast<Phase>(status & kPhaseMask);
  // What is viewed is kept beside what was made of it.
  if ((status & (kRaw | kViewed)) == kViewed) release_raw(viewed_raw(end));
  if ((status & kRaw) != 0) {
    release_raw(payload_.raw);  // there is neither value nor error yet
  } else if (end == Phase::succeeded) {
    if (ops_->destroy_value != nullptr) ops_->destroy_value(*this);
  } else if (end == Phase::failed) {
    payload_.error.~exception_ptr();
  } else if (end == Phase::pending && ops_->drop_call != nullptr) {
    // A pool refused it. A cancelled one lost its callable when it was cancelled.
    ops_->drop_call(*this);
  }
  if (ops_->run != nullptr && task_ != 0) free_task_name(*this);
  const std::uint32_t block_size = ops_->block_size;
  this->~StateBase();
  if (block_size != 0)
    free_block(this, block_size);
  else
    free_large(this);
}

}  // namespace muster::detail
