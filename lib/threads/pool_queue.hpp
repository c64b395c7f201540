#pragma once

#include <atomic>
#include <cstddef>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/fence.hpp"
#include "lib/queue/idle_workers.hpp"
#include "lib/queue/task_queue.hpp"
#include "lib/queue/thread_queue.hpp"
#include "lib/threads/reserved_tasks.hpp"

namespace muster::detail {

// The queue of a thread pool with those who sleep on it.
//
// Between a push and the look for sleepers stands a fence, as IdleWorkers asks. It costs as much as
// all the rest of a push, because it waits for lines that workers had last. So once tasks are tiny
// and many it becomes a light one (lib/common/asymmetric_fence.hpp), and the full fence is the
// business of those who are rare: a worker on its way to sleep and close(). Somebody who pushes and
// sees a sleeper puts a full fence then and looks again, so what IdleWorkers says of searchers
// holds.
class PoolQueue {
 public:
  class WorkerEnd;

  // `cpus`: how many threads can run at once.
  explicit PoolQueue(std::size_t cpus) : cpus_(cpus) {}

  // False if there is no memory. wake_if_needed() is due, and before anything else that must not
  // be read earlier than the push is written, fence_after_push().
  bool push(StateBase* task) {
    if (!tasks_.push(task)) return false;
    // Acquire: pairs with the release in prefer_light_fences(): whoever parked without a heavy
    // fence is seen as parked.
    if (light_.load(std::memory_order_acquire))
      light_fence();
    else
      full_fence();
    return true;
  }
  void wake_if_needed() {
    if (idle_.parked() != 0) [[unlikely]]
      wake_one_if_needed();
  }
  // What nobody has begun; for shutdown.
  bool pop(StateBase*& task) { return tasks_.pop(task) || steal(task); }

  // Whoever waits in the queue leaves once it is empty. What the caller wrote before is seen by
  // whoever pushes, or the push is seen by the workers before they leave.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  // Tasks that were not begun.
  std::size_t approximate_size() const;
  std::size_t parked() const noexcept { return idle_.parked(); }

  // From now on pushes are cheap and sleeping is dear. The first call in a program with several
  // threads takes milliseconds; does nothing where the kernel has no such fence.
  void prefer_light_fences() noexcept;

 private:
  void wake_one_if_needed();
  void add(ReservedTasks& reserved) noexcept;
  bool steal(StateBase*& task) noexcept;
  // After a store that pushers read, before a look for what they push.
  void fence_against_pushers() noexcept;
  // How many tasks a worker may take that needs one.
  std::size_t share() const;
  // Whether the workers that are awake, and one thread that submits, are more than can run at once:
  // then nobody looks for work that is not there yet.
  bool crowded() const noexcept { return awake() + 1 > cpus_; }
  std::size_t awake() const noexcept {
    // Relaxed: a guess.
    return workers_.load(std::memory_order_relaxed) - idle_.parked();
  }

  ThreadQueue tasks_;
  IdleWorkers idle_;
  std::atomic<bool> light_wanted_{false};
  std::atomic<bool> light_{false};
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> workers_{0};
  std::atomic<ReservedTasks*> reserved_{nullptr};  // a list that only grows
  const std::size_t cpus_;
};

// A worker thread's handle on the queue: the model of TaskQueue.
class PoolQueue::WorkerEnd {
 public:
  using Item = StateBase*;

  // `reserved` is this worker's and lives as long as the queue is used.
  WorkerEnd(PoolQueue& queue, ReservedTasks& reserved);
  ~WorkerEnd();
  WorkerEnd(const WorkerEnd&) = delete;
  WorkerEnd& operator=(const WorkerEnd&) = delete;

  bool try_push(Item& task);
  bool try_pop(Item& task) {
    if (reserved_.take(task)) return true;
    if (help_others_) [[unlikely]] {
      help_others_ = false;
      if (queue_.steal(task)) return true;
    }
    return several_ ? pop_several(task) : queue_.tasks_.pop(token_, task);
  }
  PopResult pop_until(Item& task, Deadline until);
  void close() { queue_.close(); }
  std::size_t approximate_size() const { return queue_.approximate_size(); }

  // Whether tasks are so short that one does no harm by waiting in the hands of a busy worker.
  void take_several(bool several) noexcept { several_ = several; }
  // The next task is one that another worker reserved, if there is any: so that none waits behind a
  // long one for as long as the queue is not empty.
  void help_others() noexcept { help_others_ = true; }

 private:
  bool pop_several(Item& task);
  bool search(Item& task);
  void found_by_searching();

  PoolQueue& queue_;
  ThreadQueue::Token token_;
  ReservedTasks& reserved_;
  bool several_ = false;
  bool help_others_ = false;
  IdleWorkers::Place place_;
};

}  // namespace muster::detail
