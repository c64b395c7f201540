#include "lib/futures/callback_runner.hpp"

#include <pthread.h>

#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/futex.hpp"
#include "lib/common/unused_objects.hpp"

namespace muster::detail {
namespace {

constinit thread_local const CallbackRunner* running_here = nullptr;

}  // namespace

CallbackRunner& CallbackRunner::take(std::string name) {
  CallbackRunner& runner = UnusedObjects<CallbackRunner>::take();
  std::lock_guard lock(runner.mutex_);
  runner.name_ = std::move(name);
  runner.mode_ = Mode::open;
  return runner;
}

bool CallbackRunner::is_current_thread() const noexcept { return running_here == this; }

bool CallbackRunner::in_callback() noexcept { return running_here != nullptr; }

void CallbackRunner::enqueue(StateBase& state) noexcept {
  std::lock_guard lock(mutex_);
  state.next_to_fire_ = nullptr;
  if (first_ == nullptr)
    first_ = &state;
  else
    last_->next_to_fire_ = &state;
  last_ = &state;
}

StateBase* CallbackRunner::pop() noexcept {
  StateBase* state = first_;
  if (state != nullptr) first_ = state->next_to_fire_;
  return state;
}

void CallbackRunner::ensure_thread() {
  std::lock_guard lock(mutex_);
  if (has_thread_ || mode_ != Mode::open) return;
  try {
    thread_ = std::thread(&CallbackRunner::thread_main, this);
  } catch (const std::system_error& error) {
    throw Error("the callback was not added: pool " + name_ +
                " could not start the thread that runs callbacks: " + error.what());
  }
  has_thread_ = true;
}

void CallbackRunner::wake() noexcept {
  bool stopped = false;
  {
    std::lock_guard lock(mutex_);
    if (first_ == nullptr) return;
    if (has_thread_ && !sleeping_) return;
    stopped = !has_thread_;
    sleeping_ = false;
  }
  if (stopped) return run_in_place();
  // Release: pairs with the acquire in thread_main(); the queue itself is under the mutex.
  signal_.fetch_add(1, std::memory_order_release);
  futex_wake(signal_, 1);
}

void CallbackRunner::run_in_place() noexcept {
  for (;;) {
    StateBase* state;
    {
      std::lock_guard lock(mutex_);
      state = pop();
    }
    if (state == nullptr) return;
    state->fire_callbacks();
  }
}

void CallbackRunner::thread_main() noexcept {
  ::pthread_setname_np(::pthread_self(), (name_.substr(0, 12) + "_cb").c_str());
  running_here = this;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (StateBase* state = pop()) {
      lock.unlock();
      state->fire_callbacks();
      lock.lock();
      continue;
    }
    if (mode_ != Mode::open) break;
    sleeping_ = true;
    // Acquire: pairs with wake() and stop(). Read under the lock, so that whoever enqueues after
    // it changes the word and the wait below returns.
    const std::uint32_t seen = signal_.load(std::memory_order_acquire);
    lock.unlock();
    futex_wait(signal_, seen);
    lock.lock();
    sleeping_ = false;
  }
  has_thread_ = false;
  running_here = nullptr;
  const bool unjoined = mode_ == Mode::stopping_itself;
  if (unjoined) mode_ = Mode::unused;
  lock.unlock();
  if (unjoined) UnusedObjects<CallbackRunner>::put(*this);
}

void CallbackRunner::stop() noexcept {
  std::thread thread;
  {
    std::lock_guard lock(mutex_);
    if (is_current_thread()) {
      thread_.detach();
      mode_ = Mode::stopping_itself;
      return;
    }
    mode_ = Mode::stopping;
    thread = std::move(thread_);
  }
  if (thread.joinable()) {
    signal_.fetch_add(1, std::memory_order_release);
    futex_wake(signal_, 1);
    thread.join();
  }
  {
    std::lock_guard lock(mutex_);
    mode_ = Mode::unused;
  }
  run_in_place();
  UnusedObjects<CallbackRunner>::put(*this);
}

}  // namespace muster::detail
