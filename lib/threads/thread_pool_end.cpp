// How a thread pool ends: shutdown, a broken pool, the threads' leaving.

#include <mutex>
#include <utility>

#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/common/futex.hpp"
#include "lib/threads/thread_pool.hpp"

namespace muster::detail {

ThreadPool::~ThreadPool() {
  if (in_forked_child()) return;
  // What was cancelled after the last thread had left.
  for (StateBase* task; queue_.pop(task);) forget_cancelled(*task);
}

void ThreadPool::close() noexcept {
  {
    std::lock_guard lock(mutex_);
    attention_.fetch_or(kClosed, std::memory_order_seq_cst);
  }
  pending_.close();
  queue_.close();
}

void ThreadPool::shutdown(ShutdownOptions options) {
  if (in_forked_child()) refuse();
  if (options.wait && on_own_thread()) refuse();
  close();
  if (options.cancel_futures) cancel_queued();
  if (options.wait) join();
}

void ThreadPool::end(bool unwinding) noexcept {
  if (in_forked_child()) return;
  close();
  if (unwinding && options_.on_unwind != OnUnwind::wait) cancel_queued();
  if (!on_own_thread()) return join();
  // A task destroyed the executor: the last thread to leave does what is left.
  std::lock_guard lock(mutex_);
  orphaned_ = true;
  for (const auto& slot : slots_) {
    if (slot->thread.joinable()) slot->thread.detach();
  }
}

void ThreadPool::drain_at_exit() noexcept {
  if (in_forked_child()) return;
  close();
  if (!on_own_thread()) join();
}

void ThreadPool::join() {
  {
    std::lock_guard joining(join_mutex_);
    // Nothing is started once the pool is closed, so the vector stays as it is.
    for (const auto& slot : slots_) {
      if (slot->thread.joinable()) slot->thread.join();
    }
    // Threads that an orphaned pool detached.
    while (const std::uint32_t present = present_.load(std::memory_order_acquire))
      futex_wait(present_, present);
  }
  finish();
}

// All threads have left. Not under join_mutex_, because it waits for callbacks, and those may
// call shutdown().
void ThreadPool::finish() noexcept {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  runner_->stop();
  source_->give_back();
}

void ThreadPool::cancel_queued() noexcept {
  for (StateBase* task; queue_.pop(task);) {
    cancel(*task);
    // It was cancelled either way: nobody else begins what was taken out of the queue.
    forget_cancelled(*task);
  }
}

void ThreadPool::break_pool(std::string reason) noexcept {
  log(LogLevel::error, reason);
  {
    std::lock_guard lock(mutex_);
    if (!attention(kBroken)) broken_reason_ = std::move(reason);
    attention_.fetch_or(kClosed | kBroken, std::memory_order_seq_cst);
  }
  pending_.close();
  queue_.close();
  fail_queued();
}

void ThreadPool::fail_queued() noexcept {
  std::string reason;
  {
    std::lock_guard lock(mutex_);
    reason = broken_reason_;
  }
  for (StateBase* task; queue_.pop(task);) {
    if (!task->try_claim()) {
      forget_cancelled(*task);
      continue;
    }
    if (task->ops().drop_call != nullptr) task->ops().drop_call(*task);
    failed_unrun_.fetch_add(1, std::memory_order_relaxed);
    if (pending_.limited()) pending_.give();
    task->complete_exception(std::make_exception_ptr(BrokenThreadPool(reason)));
  }
}

// Asked by a thread that found the queue closed and empty. Under the mutex, so that who pushes
// late either is seen here or finds that no thread is left.
bool ThreadPool::may_leave() noexcept {
  std::lock_guard lock(mutex_);
  if (queue_.approximate_size() != 0) return false;
  live_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void ThreadPool::thread_left() noexcept {
  bool last;
  {
    std::lock_guard lock(mutex_);
    // Release: who waited for it sees what the threads have done.
    last = present_.fetch_sub(1, std::memory_order_release) == 1;
    if (last) futex_wake_all(present_);
    last = last && orphaned_;
  }
  if (last) finish();
}

}  // namespace muster::detail
