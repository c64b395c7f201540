#include "lib/mpi/cluster_source.hpp"

#include <muster/detail/state.hpp>
#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/common/unused_objects.hpp"
#include "lib/mpi/cluster_pool.hpp"
#include "lib/mpi/kept_memory.hpp"

namespace muster::detail {

ClusterSource& ClusterSource::take() { return UnusedObjects<ClusterSource>::take(); }

void ClusterSource::adopt(const std::shared_ptr<ClusterPool>& pool, CallbackRunner& callbacks) {
  const std::lock_guard lock(mutex_);
  pool_ = pool;
  callbacks_.store(&callbacks, std::memory_order_release);
  generation_.store(fork_generation(), std::memory_order_relaxed);
}

void ClusterSource::give_back() noexcept {
  {
    const std::lock_guard lock(mutex_);
    pool_.reset();
  }
  UnusedObjects<ClusterSource>::put(*this);
}

std::shared_ptr<ClusterPool> ClusterSource::pool() {
  if (generation_.load(std::memory_order_relaxed) != fork_generation()) return nullptr;
  const std::lock_guard lock(mutex_);
  return pool_.lock();
}

bool ClusterSource::cancel(StateBase& state, CancelMode mode) {
  const auto pool = this->pool();
  if (pool != nullptr && !state.done()) pool->cancel(state, mode);
  return state.phase() == Phase::cancelled;
}

bool ClusterSource::running(const StateBase& state) {
  const auto pool = this->pool();
  return pool != nullptr && !state.done() && pool->running(state);
}

void ClusterSource::wait(StateBase& state, Deadline until) {
  if (generation_.load(std::memory_order_relaxed) != fork_generation()) {
    throw InvalidStateError(
        "a future of an MpiPoolExecutor cannot be waited for in a child that the program forked; "
        "wait in the process that made the pool");
  }
  state.park(until);
}

void ClusterSource::request_stop(StateBase& state) {
  const auto pool = this->pool();
  if (pool != nullptr && !state.done()) pool->request_stop(state);
}

void ClusterSource::release_raw(StateBase&, const std::byte* data, std::size_t) noexcept {
  give_memory(data);
}

std::shared_ptr<SharedBlock> ClusterSource::receive_block(StateBase&, const BlockReference&,
                                                          SharedBlock::Access) {
  throw EncodingError(
      "a SharedArray or Shared came as a result of an MpiPoolExecutor, but it is memory of the "
      "machine that its task ran on; return a std::vector");
}

std::string ClusterSource::task_name(const StateBase& state) {
  const auto pool = this->pool();
  return pool != nullptr && !state.done() ? pool->task_name(state) : std::string();
}

CallbackRunner* ClusterSource::callback_runner() noexcept {
  return callbacks_.load(std::memory_order_acquire);  // pairs with adopt()
}

}  // namespace muster::detail
