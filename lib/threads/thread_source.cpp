#include "lib/threads/thread_source.hpp"

#include <mutex>

#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/common/unused_objects.hpp"
#include "lib/futures/task_name.hpp"
#include "lib/threads/thread_pool.hpp"

namespace muster::detail {

ThreadSource& ThreadSource::take(const std::shared_ptr<ThreadPool>& pool, CallbackRunner& runner) {
  ThreadSource& source = UnusedObjects<ThreadSource>::take();
  std::lock_guard lock(source.mutex_);
  source.pool_ = pool;
  source.runner_.store(&runner, std::memory_order_release);
  source.generation_.store(fork_generation(), std::memory_order_relaxed);
  return source;
}

void ThreadSource::give_back() noexcept {
  {
    std::lock_guard lock(mutex_);
    pool_.reset();
  }
  UnusedObjects<ThreadSource>::put(*this);
}

bool ThreadSource::cancel(StateBase& state, CancelMode) {
  if (in_forked_child()) return state.phase() == Phase::cancelled;
  // The pool is asked for first: if the cancel succeeds the task was still in its queue, and so
  // this was its pool.
  std::shared_ptr<ThreadPool> pool;
  {
    std::lock_guard lock(mutex_);
    pool = pool_.lock();
  }
  if (pool == nullptr || !pool->cancel(state)) return state.phase() == Phase::cancelled;
  return true;
}

void ThreadSource::wait(StateBase& state, Deadline until) {
  if (in_forked_child()) {
    throw InvalidStateError("the task " + task_name(state) +
                            " belongs to a thread pool of the parent process, whose threads are "
                            "not in this child: it will never end here");
  }
  state.park(until);
}

bool ThreadSource::in_forked_child() const noexcept {
  return generation_.load(std::memory_order_relaxed) != fork_generation();
}

std::string ThreadSource::task_name(const StateBase& state) {
  if (state.task() != 0) return given_task_name(state);
  return TaskSource::task_name(state);
}

CallbackRunner* ThreadSource::callback_runner() noexcept {
  return runner_.load(std::memory_order_acquire);
}

}  // namespace muster::detail
