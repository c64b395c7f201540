#pragma once

#include <atomic>
#include <cstdint>

#include <boost/interprocess/mapped_region.hpp>

#include <muster/detail/task_source.hpp>

#include "lib/common/biased_mutex.hpp"

namespace muster::detail {

class ProcessCore;
template <class T>
class UnusedObjects;

// Where the futures of a process pool find the pool, and the lock under which they do. It outlives
// the pool: a future asks here, and finds either the pool or that the pool is gone and with it
// every unfinished state. Sources are never freed but used again by later pools.
//
// It also outlives the pool for results that futures hold in place: it keeps the mapping until
// the last of them is let go.
class ProcessSource final : public TaskSource {
 public:
  // One that no pool and no future uses any more, or a new one.
  static ProcessSource& take();
  // The pool is gone: `results` stays mapped while `kept` blocks in it are held.
  // Called with the lock held.
  void retire(boost::interprocess::mapped_region results, std::uint64_t kept);

  BiasedMutex& mutex() { return mutex_; }
  void adopt(ProcessCore& core, CallbackRunner& callbacks);
  // In a child that the program forked: the pool is not there.
  void forget_in_child();

  bool cancel(StateBase& state, CancelMode mode) override;
  bool running(const StateBase& state) override;
  void wait(StateBase& state, Deadline until) override;
  void poll(StateBase& state) override;
  void observe(StateBase& state) override;
  bool abandon(StateBase& state) override;
  void request_stop(StateBase& state) override;
  void release_raw(StateBase& state, const std::byte* data, std::size_t size) noexcept override;
  std::shared_ptr<SharedBlock> receive_block(StateBase& state, const BlockReference& reference,
                                             SharedBlock::Access access) override;
  std::string task_name(const StateBase& state) override;
  CallbackRunner* callback_runner() noexcept override;

 private:
  friend class UnusedObjects<ProcessSource>;

  ProcessSource() = default;
  ~ProcessSource() = default;

  BiasedMutex mutex_;
  ProcessCore* core_ = nullptr;  // under the lock; null once the pool is gone
  // Read without the lock, which whoever completes a state holds. Runners are never freed.
  std::atomic<CallbackRunner*> callbacks_{nullptr};
  std::uint64_t kept_ = 0;
  boost::interprocess::mapped_region results_;
  ProcessSource* next_unused_ = nullptr;  // of those that no pool and no future uses
};

}  // namespace muster::detail
