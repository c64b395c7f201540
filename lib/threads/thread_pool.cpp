#include "lib/threads/thread_pool.hpp"

#include <sys/single_threaded.h>

#include <atomic>
#include <new>
#include <system_error>
#include <utility>

#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/cpus.hpp"
#include "lib/common/fence.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/common/pool_name.hpp"
#include "lib/common/ticks.hpp"
#include "lib/futures/callback_runner.hpp"
#include "lib/futures/task_name.hpp"
#include "lib/threads/thread_limit.hpp"
#include "lib/threads/thread_worker.hpp"

// Making a pool, giving it tasks, and starting its threads. Its end: thread_pool_end.cpp.

namespace muster::detail {
namespace {

std::size_t workers_for(const ThreadPoolOptions& options) {
  if (options.max_workers == 0) return usable_cpus();
  check_thread_count(options.max_workers);
  return options.max_workers;
}

void check_options(const TaskOptions& options) {
  if (!options.task_timeout.is_zero())
    throw InvalidArgumentError(
        "a thread pool cannot stop a task that runs too long: leave task_timeout at 0, or use a "
        "process pool");
  if (options.retries != 0)
    throw InvalidArgumentError(
        "a thread pool has no workers that die, so it cannot run a task again: leave retries at "
        "0, or use a process pool");
}

}  // namespace

std::shared_ptr<ThreadPool> ThreadPool::make(ThreadPoolOptions options) {
  // The queue may ask for heavy fences later, when that costs milliseconds; of a program without
  // other threads the kernel does it at once.
  if (__libc_single_threaded != 0) (void)has_heavy_fence();
  std::shared_ptr<ThreadPool> pool(new ThreadPool(std::move(options)));
  pool->runner_ = &CallbackRunner::take(pool->name_);
  pool->source_ = &ThreadSource::take(pool, *pool->runner_);
  muster::detail::drain_at_exit(std::weak_ptr<ExitDrained>(pool));
  return pool;
}

ThreadPool::ThreadPool(ThreadPoolOptions options)
    : options_(std::move(options)),
      max_workers_(workers_for(options_)),
      name_(pool_name(options_.name)),
      generation_(fork_generation()),
      began_ns_(monotonic_ns()),
      began_ticks_(ticks_now()),
      attention_(kGrowing | (options_.max_pending != 0 ? kBounded : 0u)),
      queue_(usable_cpus()),
      pending_(options_.max_pending) {}

bool ThreadPool::submit(StateBase& task, const TaskOptions* options, bool blocking) {
  if (on_own_thread() || in_forked_child()) [[unlikely]]
    refuse();
  if (options != nullptr) [[unlikely]]
    check_options(*options);
  task.set_source(source_, options != nullptr ? make_task_name(options->name) : 0);
  if (attention(kBounded | kClosed)) [[unlikely]] {
    if (!refuse_or_take_place(blocking)) return false;
  }
  task.hold();
  if (!queue_.push(&task)) {
    task.let_go();
    if (pending_.limited()) pending_.give();
    throw std::bad_alloc();
  }
  // Of a pool that grows no more pushers may see late that it was closed: PoolQueue::close() sees
  // to it that their tasks are run.
  if (attention(kGrowing | kClosed)) [[unlikely]]
    after_push(task);
  else
    queue_.wake_if_needed();
  return true;
}

void ThreadPool::refuse() const {
  if (in_forked_child())
    throw InvalidStateError("the thread pool " + name_ +
                            " was made before this process was forked: its threads are in the "
                            "parent. Make a new pool in the child");
  if (on_own_thread())
    throw InvalidStateError("the thread pool " + name_ +
                            " was used by one of its own tasks, which might wait for ever for a "
                            "free thread. Use another pool inside tasks");
  std::lock_guard lock(mutex_);
  if (attention(kBroken)) throw BrokenThreadPool(broken_reason_);
  throw ShutdownError("the thread pool " + name_ + " was shut down: it takes no more tasks");
}

// With max_pending: false if there is no place and it does not wait for one.
bool ThreadPool::refuse_or_take_place(bool blocking) {
  if (attention(kClosed)) refuse();
  switch (pending_.take(blocking, CallbackRunner::in_callback())) {
    case PendingLimit::Taken::yes: return true;
    case PendingLimit::Taken::full: return false;
    default: refuse();
  }
}

// The task is in the queue. Either somebody is there to run it, or it comes back.
void ThreadPool::after_push(StateBase& task) {
  full_fence();  // see grow()
  bool revoke = false;
  std::string warning;  // logged without the mutex: the handler is the program's
  try {
    std::lock_guard lock(mutex_);
    if (attention(kClosed))
      revoke = live_.load(std::memory_order_relaxed) == 0;  // else they empty the queue first
    else
      warning = grow();
  } catch (const std::system_error& error) {
    // The first thread could not be started: there is nobody to run anything.
    break_pool("the thread pool " + name_ + " could not start a thread: " + error.what());
    revoke = true;
  }
  if (!warning.empty()) log(LogLevel::warning, warning);
  // One that stays cancelled in the queue is let go when the pool ends.
  if (revoke && task.try_cancel(true)) {
    cancelled_in_queue_.fetch_add(1, std::memory_order_relaxed);
    if (pending_.limited()) pending_.give();
    refuse();
  }
}

// Starts a thread if more tasks wait than threads are without work; else sees to it that one
// wakes. Called with the mutex, by who has pushed a task, and by a worker that has just become
// busy: `busy` and the queue's size are written and read on both sides with a full fence between,
// so that one of the two sees what the other did. Returns what there is to log, or "".
std::string ThreadPool::grow() {
  std::size_t free = 0;
  for (const auto& slot : slots_) free += slot->busy.load(std::memory_order_relaxed) ? 0 : 1;
  if (queue_.approximate_size() > free && attention(kGrowing)) {
    try {
      start_thread();
    } catch (const std::system_error& error) {
      if (slots_.empty()) throw;
      attention_.fetch_and(~std::uint32_t{kGrowing}, std::memory_order_relaxed);
      return "the thread pool " + name_ + " stays at " + std::to_string(slots_.size()) + " of " +
             std::to_string(max_workers_) +
             " threads: another one could not be started: " + error.what();
    }
  } else {
    queue_.wake_if_needed();
  }
  return {};
}

void ThreadPool::start_thread() {
  slots_.push_back(std::make_unique<WorkerSlot>(slots_.size()));
  WorkerSlot& slot = *slots_.back();
  try {
    slot.thread = std::thread([self = shared_from_this(), &slot] { self->thread_main(slot); });
  } catch (...) {
    slots_.pop_back();
    throw;
  }
  live_.fetch_add(1, std::memory_order_relaxed);
  present_.fetch_add(1, std::memory_order_relaxed);
  if (slots_.size() == max_workers_)
    attention_.fetch_and(~std::uint32_t{kGrowing}, std::memory_order_relaxed);
}

bool ThreadPool::cancel(StateBase& task) {
  if (!task.try_cancel(true)) return false;
  cancelled_.fetch_add(1, std::memory_order_relaxed);
  cancelled_in_queue_.fetch_add(1, std::memory_order_relaxed);
  if (pending_.limited()) pending_.give();
  return true;
}

// A cancelled task was taken out of the queue.
void ThreadPool::forget_cancelled(StateBase& task) noexcept {
  cancelled_in_queue_.fetch_sub(1, std::memory_order_relaxed);
  task.let_go();
}

bool ThreadPool::in_forked_child() const noexcept { return generation_ != fork_generation(); }

bool ThreadPool::on_own_thread() const noexcept { return ThreadWorker::current_pool() == this; }

}  // namespace muster::detail
