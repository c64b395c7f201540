#include "lib/inspect/snapshot.hpp"

#include <algorithm>
#include <cstring>

#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

std::string name_of(const TasksView& tasks, std::uint8_t index) {
  // Acquire pairs with KnownTypes::name_index(): a name that is counted is there.
  if (index >= tasks.header().names.load(std::memory_order_acquire)) return "";
  const char* name = tasks.name(index);
  return {name, ::strnlen(name, kNameBytes)};
}

WorkerState state_of(const WorkerRecord& record, const WorkerFacts& facts) {
  if (facts.pid.load() == 0) return WorkerState::dead;
  if (record.incarnation.load() != facts.incarnation.load()) return WorkerState::starting;
  switch (record.phase.load()) {
    case WorkerPhase::ready:
      return record.current.load() == 0 ? WorkerState::idle : WorkerState::running;
    case WorkerPhase::ending:
    case WorkerPhase::destroying:
    case WorkerPhase::ended: return WorkerState::stopping;
    default: return WorkerState::starting;
  }
}

WorkerStats worker_snapshot(const PoolViews& pool, const SlotTable<>& slots, std::uint32_t w,
                            const TickScale& scale) {
  const WorkerRecord& record = pool.results.window(w).record();
  const WorkerFacts& facts = pool.facts.worker(w);
  WorkerStats stats;
  stats.index = w;
  stats.pid = static_cast<pid_t>(facts.pid.load());
  stats.state = state_of(record, facts);
  stats.tasks_done = record.tasks_done.load();
  stats.deaths = facts.deaths.load();
  // Acquire pairs with the worker's claim: the start belongs to this task.
  const std::uint64_t current = record.current.load(std::memory_order_acquire);
  if (stats.state != WorkerState::running || current == 0) return stats;
  const Hint hint(current - 1);
  const std::uint32_t slot = hint.slot() & (pool.tasks.geometry.slots - 1);
  const SlotWord word = slots.read(slot);
  const bool runs =
      (word.status() == SlotStatus::running || word.status() == SlotStatus::killing) &&
      word.owner() == w && word.tag() == hint.tag();
  if (!runs) {
    stats.state = WorkerState::idle;  // between two tasks
    return stats;
  }
  stats.task_name = name_of(pool.tasks, pool.tasks.part(slot).name);
  stats.task_id = hint.tag().id();
  const std::uint64_t now = ticks_now();
  const std::uint64_t started = record.started_ticks.load();
  stats.running_for = std::chrono::nanoseconds(scale.nanoseconds(now - std::min(now, started)));
  stats.progress_done = record.progress_done.load();
  stats.progress_total = record.progress_total.load();
  return stats;
}

}  // namespace

PoolStats take_snapshot(const PoolViews& pool) {
  const PoolHeader& header = pool.tasks.header();
  const Geometry& geometry = pool.tasks.geometry;
  const SlotTable<> slots(pool.control.slot_lines());
  PoolStats stats;
  stats.submitted = header.submitted.load();
  stats.finished = header.finished.load();
  stats.failed = header.failed.load();
  stats.cancelled = header.cancelled.load();
  stats.queued = header.behind.load();
  stats.arguments_bytes = header.arguments_in_use.load();
  stats.max_shared_memory = header.max_shared_memory.load();
  stats.deaths = pool.facts.facts().deaths.load();
  stats.restarts = pool.facts.facts().restarts.load();
  for (std::uint32_t slot = 0; slot < geometry.slots; ++slot) {
    switch (slots.read(slot).status()) {
      case SlotStatus::pending: ++stats.queued; break;
      case SlotStatus::running:
      case SlotStatus::killing: ++stats.running; break;
      case SlotStatus::done:
        ++stats.finished;  // not taken in by the client yet
        break;
      case SlotStatus::failed:
      case SlotStatus::died:
      case SlotStatus::killed: ++stats.failed; break;
      case SlotStatus::free: break;
    }
  }
  const TickScale scale(header.created_ticks, header.created_monotonic_ns);
  for (std::uint32_t w = 0; w < geometry.workers; ++w) {
    stats.workers.push_back(worker_snapshot(pool, slots, w, scale));
    const WorkerRecord& record = pool.results.window(w).record();
    stats.rescued_wakeups += record.rescued.load();
    stats.results_bytes +=
        std::min<std::uint64_t>(record.arena_in_use.load(), pool.results.geometry.arena_bytes);
  }
  return stats;
}

}  // namespace muster::detail
