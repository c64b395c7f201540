#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <muster/detail/state.hpp>

#include "lib/common/futex_mutex.hpp"
#include "lib/futures/callback_runner.hpp"

namespace muster::detail {

class ThreadPool;
template <class T>
class UnusedObjects;

// What stands behind the futures of a thread pool; never freed, see TaskSource. A task's name, if
// it was given one, is StateBase::task().
class ThreadSource final : public TaskSource {
 public:
  static ThreadSource& take(const std::shared_ptr<ThreadPool>& pool, CallbackRunner& runner);
  // The pool has ended, and with it every task.
  void give_back() noexcept;

  bool cancel(StateBase& state, CancelMode mode) override;
  void wait(StateBase& state, Deadline until) override;
  std::string task_name(const StateBase& state) override;
  CallbackRunner* callback_runner() noexcept override;

 private:
  friend class UnusedObjects<ThreadSource>;

  ThreadSource() = default;

  bool in_forked_child() const noexcept;

  FutexMutex mutex_;
  std::weak_ptr<ThreadPool> pool_;  // under mutex_
  std::atomic<CallbackRunner*> runner_{nullptr};
  std::atomic<std::uint32_t> generation_{0};  // of the process that owns the pool
  ThreadSource* next_unused_ = nullptr;
};

}  // namespace muster::detail
