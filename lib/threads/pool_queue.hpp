#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/fence.hpp"
#include "lib/queue/idle_workers.hpp"
#include "lib/queue/task_queue.hpp"
#include "lib/queue/thread_queue.hpp"

namespace muster::detail {

// The queue of a thread pool with those who sleep on it.
class PoolQueue {
 public:
  class WorkerEnd;

  // `cpus`: how many threads can run at once.
  explicit PoolQueue(std::size_t cpus) : cpus_(cpus) {}

  // False if there is no memory. A full fence has followed the push, and wake_if_needed() is due.
  bool push(StateBase* task) {
    if (!tasks_.push(task)) return false;
    full_fence();
    return true;
  }
  void wake_if_needed() {
    if (idle_.should_wake()) [[unlikely]]
      wake_one();
  }
  // What nobody has popped; for shutdown.
  bool pop(StateBase*& task) { return tasks_.pop(task); }

  // Whoever waits in the queue leaves once it is empty.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  std::size_t approximate_size() const { return tasks_.approximate_size(); }
  std::size_t parked() const noexcept { return idle_.parked(); }

 private:
  void wake_one();
  // Whether the workers that are awake, and one thread that submits, are more than can run at once:
  // then nobody looks for work that is not there yet.
  bool crowded() const noexcept {
    // Relaxed: a guess.
    return workers_.load(std::memory_order_relaxed) - idle_.parked() + 1 > cpus_;
  }

  ThreadQueue tasks_;
  IdleWorkers idle_;
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> workers_{0};
  const std::size_t cpus_;
};

// A worker thread's handle on the queue: the model of TaskQueue.
class PoolQueue::WorkerEnd {
 public:
  using Item = StateBase*;

  explicit WorkerEnd(PoolQueue& queue);
  ~WorkerEnd();
  WorkerEnd(const WorkerEnd&) = delete;
  WorkerEnd& operator=(const WorkerEnd&) = delete;

  bool try_push(Item& task);
  bool try_pop(Item& task) { return queue_.tasks_.pop(token_, task); }
  PopResult pop_until(Item& task, Deadline until);
  void close() { queue_.close(); }
  std::size_t approximate_size() const { return queue_.approximate_size(); }

 private:
  bool search(Item& task);
  void found_by_searching();

  PoolQueue& queue_;
  ThreadQueue::Token token_;
  IdleWorkers::Place place_;
};

}  // namespace muster::detail
