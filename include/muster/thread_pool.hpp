#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <muster/executor.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

namespace muster {

namespace detail {
class ThreadPool;
}

// Runs tasks on threads of this process: any callable, with any arguments that can be copied or
// moved. Threads are started as tasks come, up to max_workers, and live until the pool ends; an
// idle one uses no processor time.
//
// Thread safety: any number of threads may call any members at once, but not destroy or assign.
class ThreadPoolExecutor : public Executor,
                           public TaskInterface<ThreadPoolExecutor, detail::ThreadPath> {
 public:
  // max_workers of 0: as many threads as the CPUs this process may use. Throws
  // InvalidArgumentError for more than the system allows.
  ThreadPoolExecutor();
  explicit ThreadPoolExecutor(ThreadPoolOptions options);
  // For ThreadPoolExecutor({}), which could mean the default options or a pool to be moved from.
  explicit ThreadPoolExecutor(std::nullptr_t) : ThreadPoolExecutor() {}
  // Waits for what runs and is queued, and for the callbacks of it. While an exception unwinds
  // the stack it does as ThreadPoolOptions::on_unwind says.
  ~ThreadPoolExecutor() override;

  ThreadPoolExecutor(ThreadPoolExecutor&& other) noexcept;
  // Ends the pool that was there first, as the destructor does.
  ThreadPoolExecutor& operator=(ThreadPoolExecutor&& other) noexcept;

  using TaskInterface<ThreadPoolExecutor, detail::ThreadPath>::share;
  using TaskInterface<ThreadPoolExecutor, detail::ThreadPath>::submit;
  using TaskInterface<ThreadPoolExecutor, detail::ThreadPath>::try_submit;
  using TaskInterface<ThreadPoolExecutor, detail::ThreadPath>::map;
  using TaskInterface<ThreadPoolExecutor, detail::ThreadPath>::map_unordered;

  void shutdown(ShutdownOptions options = {}) override;
  PoolStats stats() const override;
  std::string_view name() const override;

 private:
  detail::ThreadPool& pool() const;

  std::shared_ptr<detail::ThreadPool> pool_;
  int unwinding_;  // exceptions in flight when it was made
};

}  // namespace muster
