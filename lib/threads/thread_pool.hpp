#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

#include "lib/common/exit_drain.hpp"
#include "lib/common/futex_mutex.hpp"
#include "lib/threads/pending_limit.hpp"
#include "lib/threads/pool_queue.hpp"
#include "lib/threads/thread_source.hpp"
#include "lib/threads/worker_slot.hpp"

namespace muster::detail {

// What ThreadPoolExecutor is a handle on. Each of its threads shares it, so it lives until the
// last of them has ended.
//
// A thread is started when a task is submitted, there are fewer than max_workers, and fewer are
// without work than tasks wait.
class ThreadPool final : public ThreadBackend,
                         public ExitDrained,
                         public std::enable_shared_from_this<ThreadPool> {
 public:
  static std::shared_ptr<ThreadPool> make(ThreadPoolOptions options);
  ~ThreadPool();

  bool submit(StateBase& task, const TaskOptions* options, bool blocking) override;
  std::size_t workers() const override { return max_workers_; }
  std::shared_ptr<ThreadBackend> share() override { return shared_from_this(); }

  // True if this call cancelled it. REQUIRES: a task of this pool, that the caller keeps alive.
  bool cancel(StateBase& task);

  void shutdown(ShutdownOptions options);
  // When the executor is destroyed; also by one of the pool's own threads.
  void end(bool unwinding) noexcept;
  void drain_at_exit() noexcept override;

  PoolStats stats() const;
  const std::string& name() const { return name_; }

 private:
  friend class ThreadWorker;

  // What submit() must look at besides the queue; all zero in a pool with all its threads.
  enum Attention : std::uint32_t {
    kGrowing = 1,  // there may be more threads
    kBounded = 2,  // max_pending
    kClosed = 4,
    kBroken = 8,
  };

  explicit ThreadPool(ThreadPoolOptions options);

  bool attention(std::uint32_t bits) const noexcept {
    // Relaxed: what hangs on it is ordered by the queue's fence or the mutex.
    return (attention_.load(std::memory_order_relaxed) & bits) != 0;
  }
  [[noreturn]] void refuse() const;
  bool refuse_or_take_place(bool blocking);
  void after_push(StateBase& task);
  std::string grow();
  void start_thread();
  void close() noexcept;
  void break_pool(std::string reason) noexcept;
  void fail_queued() noexcept;
  void cancel_queued() noexcept;
  void forget_cancelled(StateBase& task) noexcept;
  void join();
  void finish() noexcept;
  bool on_own_thread() const noexcept;
  bool in_forked_child() const noexcept;

  // The life of a thread, called by ThreadWorker on it.
  void thread_main(WorkerSlot& slot) noexcept;
  bool may_leave() noexcept;
  void thread_left() noexcept;

  const ThreadPoolOptions options_;
  const std::size_t max_workers_;
  const std::string name_;
  const std::uint32_t generation_;  // of the process
  const std::int64_t began_ns_;
  const std::uint64_t began_ticks_;
  ThreadSource* source_ = nullptr;
  CallbackRunner* runner_ = nullptr;

  std::atomic<std::uint32_t> attention_;
  PoolQueue queue_;
  PendingLimit pending_;

  std::atomic<std::uint64_t> cancelled_{0};
  std::atomic<std::uint64_t> cancelled_in_queue_{0};
  std::atomic<std::uint64_t> failed_unrun_{0};
  std::atomic<std::uint32_t> live_{0};  // threads that take tasks; changed under mutex_
  // Threads that are there, be it to destroy what their tasks kept in them; changed under mutex_,
  // waited for at the end.
  std::atomic<std::uint32_t> present_{0};

  mutable FutexMutex mutex_;
  std::vector<std::unique_ptr<WorkerSlot>> slots_;  // under mutex_; grows only
  std::string broken_reason_;                       // under mutex_
  bool orphaned_ = false;                           // under mutex_: no executor will join
  bool finished_ = false;                           // under mutex_
  std::mutex join_mutex_;
};

}  // namespace muster::detail
