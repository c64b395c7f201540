#include <unistd.h>

#include <algorithm>
#include <mutex>

#include <muster/detail/future_access.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/ticks.hpp"
#include "lib/threads/thread_pool.hpp"

namespace muster::detail {
namespace {

WorkerState state_of(const WorkerSlot& slot, bool closed) {
  if (slot.gone.load(std::memory_order_relaxed)) return WorkerState::dead;
  if (slot.busy.load(std::memory_order_relaxed)) return WorkerState::running;
  if (!slot.ready.load(std::memory_order_relaxed)) return WorkerState::starting;
  return closed ? WorkerState::stopping : WorkerState::idle;
}

std::string running_task(WorkerSlot& slot) {
  std::lock_guard lock(slot.name_mutex);
  const std::type_info* callable = slot.callable.load(std::memory_order_relaxed);
  return callable != nullptr ? demangle(callable->name()) : slot.name;
}

WorkerStats snapshot(WorkerSlot& slot, bool closed, const TickScale& scale) {
  WorkerStats stats;
  stats.index = slot.index;
  stats.pid = ::getpid();
  stats.state = state_of(slot, closed);
  stats.tasks_done = slot.tasks_done();
  if (stats.state != WorkerState::running) return stats;
  stats.task_name = running_task(slot);
  // The tasks of a worker are numbered on; the worker makes the number the pool's.
  stats.task_id = (stats.tasks_done + 1) << 16 | (slot.index & 0xFFFF);
  const std::uint64_t began = slot.began.load(std::memory_order_relaxed);
  const std::uint64_t now = ticks_now();
  stats.running_for = std::chrono::nanoseconds(now > began ? scale.nanoseconds(now - began) : 0);
  if (slot.progress_task.load(std::memory_order_relaxed) == stats.tasks_done + 1) {
    stats.progress_done = slot.progress_done.load(std::memory_order_relaxed);
    stats.progress_total = slot.progress_total.load(std::memory_order_relaxed);
  }
  return stats;
}

}  // namespace

PoolStats ThreadPool::stats() const {
  if (in_forked_child()) refuse();
  const TickScale scale(began_ticks_, began_ns_);
  PoolStats stats;
  std::lock_guard lock(mutex_);
  const bool closed = attention(kClosed);
  for (const auto& slot : slots_) {
    stats.workers.push_back(snapshot(*slot, closed, scale));
    stats.finished += slot->finished.load(std::memory_order_relaxed);
    stats.failed += slot->failed.load(std::memory_order_relaxed);
    stats.running += stats.workers.back().state == WorkerState::running ? 1 : 0;
  }
  stats.failed += failed_unrun_.load(std::memory_order_relaxed);
  stats.cancelled = cancelled_.load(std::memory_order_relaxed);
  const std::uint64_t in_queue = queue_.approximate_size();
  stats.queued = in_queue - std::min(in_queue, cancelled_in_queue_.load(std::memory_order_relaxed));
  stats.submitted = stats.finished + stats.failed + stats.cancelled + stats.queued + stats.running;
  return stats;
}

}  // namespace muster::detail
