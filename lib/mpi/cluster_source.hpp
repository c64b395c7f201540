#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <muster/detail/task_source.hpp>

namespace muster::detail {

class ClusterPool;
template <class T>
class UnusedObjects;

// What stands behind the futures of a pool of ranks; never freed, see TaskSource.
// StateBase::task() is the task's number.
class ClusterSource final : public TaskSource {
 public:
  static ClusterSource& take();
  void adopt(const std::shared_ptr<ClusterPool>& pool, CallbackRunner& callbacks);
  // The pool has ended, and with it every task.
  void give_back() noexcept;

  bool cancel(StateBase& state, CancelMode mode) override;
  bool running(const StateBase& state) override;
  void wait(StateBase& state, Deadline until) override;
  void request_stop(StateBase& state) override;
  void release_raw(StateBase& state, const std::byte* data, std::size_t size) noexcept override;
  std::shared_ptr<SharedBlock> receive_block(StateBase& state, const BlockReference& reference,
                                             SharedBlock::Access access) override;
  std::string task_name(const StateBase& state) override;
  CallbackRunner* callback_runner() noexcept override;

 private:
  friend class UnusedObjects<ClusterSource>;

  ClusterSource() = default;
  ~ClusterSource() = default;

  std::shared_ptr<ClusterPool> pool();

  std::mutex mutex_;
  std::weak_ptr<ClusterPool> pool_;  // under mutex_
  std::atomic<CallbackRunner*> callbacks_{nullptr};
  std::atomic<std::uint32_t> generation_{0};  // of the process that owns the pool
  ClusterSource* next_unused_ = nullptr;
};

}  // namespace muster::detail
