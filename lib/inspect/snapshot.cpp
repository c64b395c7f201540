#include "lib/inspect/snapshot.hpp"

#include <algorithm>
#include <cstring>

#include "lib/common/deadline.hpp"
#include "lib/inspect/processes.hpp"
#include "lib/inspect/telemetry_reader.hpp"

namespace muster::detail {

namespace {

WorkerState state_of(const PoolViews& pool, std::uint32_t w) {
  const WorkerRecord& record = pool.results.window(w).record();
  const WorkerFacts& facts = pool.facts.worker(w);
  if (facts.pid.load() == 0) return WorkerState::dead;
  if (record.incarnation.load() != facts.incarnation.load()) return WorkerState::starting;
  switch (record.phase.load()) {
    case WorkerPhase::ready:
      if (record.current.load() != 0) return WorkerState::running;
      return pool.control.park()[w].state.load() == kParked ? WorkerState::parked
                                                            : WorkerState::idle;
    case WorkerPhase::ending:
    case WorkerPhase::destroying:
    case WorkerPhase::ended: return WorkerState::stopping;
    default: return WorkerState::starting;
  }
}

void add_task(WorkerStats& stats, const PoolViews& pool, const SlotTable<>& slots,
              const PoolClock& clock) {
  const auto w = static_cast<std::uint32_t>(stats.index);
  const WorkerRecord& record = pool.results.window(w).record();
  // Acquire pairs with the worker's claim: the start belongs to this task.
  const std::uint64_t current = record.current.load(std::memory_order_acquire);
  if (stats.state != WorkerState::running || current == 0) return;
  const Hint hint(current - 1);
  const std::uint32_t slot = hint.slot() & (pool.tasks.geometry.slots - 1);
  const SlotWord word = slots.read(slot);
  const bool runs =
      (word.status() == SlotStatus::running || word.status() == SlotStatus::killing) &&
      word.owner() == w && word.tag() == hint.tag();
  if (!runs) {
    stats.state = WorkerState::idle;  // between two tasks
    return;
  }
  stats.task_name = task_name(pool.tasks, pool.tasks.part(slot).name);
  stats.task_id = hint.tag().id();
  stats.task_attempt = hint.tag().attempt() + 1;
  stats.running_for = clock.between(record.started_ticks.load(), ticks_now());
  stats.progress_done = record.progress_done.load();
  stats.progress_total = record.progress_total.load();
}

WorkerStats worker_snapshot(const PoolViews& pool, const SlotTable<>& slots, std::uint32_t w,
                            const PoolClock& clock) {
  const WindowView window = pool.results.window(w);
  const WorkerRecord& record = window.record();
  const WorkerFacts& facts = pool.facts.worker(w);
  WorkerStats stats;
  stats.index = w;
  stats.pid = static_cast<pid_t>(facts.pid.load());
  stats.state = state_of(pool, w);
  stats.tasks_done = record.tasks_done.load();
  stats.parks = record.parks.load();
  stats.deaths = facts.deaths.load();
  stats.results_bytes =
      std::min<std::uint64_t>(record.arena_in_use.load(), pool.results.geometry.arena_bytes);
  if (stats.pid != 0) {
    const std::int64_t now = monotonic_ns();
    const std::int64_t started = facts.started_monotonic_ns.load();
    stats.age = std::chrono::nanoseconds(now - std::clamp<std::int64_t>(started, 0, now));
  }
  add_task(stats, pool, slots, clock);
  if (window.tells()) stats.tasks_failed = window.telemetry().head().failures.load();
  return stats;
}

void count_slots(PoolStats& stats, const PoolViews& pool, const SlotTable<>& slots) {
  for (std::uint32_t slot = 0; slot < pool.tasks.geometry.slots; ++slot) {
    switch (slots.read(slot).status()) {
      case SlotStatus::pending:
        ++stats.queued;
        ++stats.slots.pending;
        break;
      case SlotStatus::running:
      case SlotStatus::killing:
        ++stats.running;
        ++stats.slots.running;
        break;
      case SlotStatus::done:
        ++stats.finished;  // not taken in by the client yet
        ++stats.slots.ended;
        break;
      case SlotStatus::failed:
      case SlotStatus::died:
      case SlotStatus::killed:
        ++stats.failed;
        ++stats.slots.ended;
        break;
      case SlotStatus::free: ++stats.slots.free; break;
    }
  }
}

}  // namespace

std::string task_name(const TasksView& tasks, std::size_t index) {
  // Acquire pairs with KnownTypes::name_index(): a name that is counted is there.
  const std::uint32_t count = tasks.header().names.load(std::memory_order_acquire);
  if (index >= std::min<std::size_t>(count, kMaxNames)) return "";
  const char* name = tasks.name(index);
  return {name, ::strnlen(name, kNameBytes)};
}

PoolStats take_snapshot(const PoolViews& pool) {
  const PoolHeader& header = pool.tasks.header();
  const SlotTable<> slots(pool.control.slot_lines());
  PoolStats stats;
  stats.submitted = header.submitted.load();
  stats.finished = header.finished.load();
  stats.failed = header.failed.load();
  stats.cancelled = header.cancelled.load();
  stats.requeued = header.requeued.load();
  stats.queued = stats.behind = header.behind.load();
  stats.arguments_bytes = header.arguments_in_use.load();
  stats.max_shared_memory = header.max_shared_memory.load();
  stats.sampling = static_cast<unsigned>(header.sampling.load());
  stats.deaths = pool.facts.facts().deaths.load();
  stats.restarts = pool.facts.facts().restarts.load();
  count_slots(stats, pool, slots);
  const PoolClock clock = pool.clock();
  for (std::uint32_t w = 0; w < pool.tasks.geometry.workers; ++w) {
    const WorkerStats& worker = stats.workers.emplace_back(worker_snapshot(pool, slots, w, clock));
    stats.rescued_wakeups += pool.results.window(w).record().rescued.load();
    stats.results_bytes += worker.results_bytes;
  }
  TelemetryReader(pool, clock).read(stats);
  return stats;
}

void look_at_workers(PoolStats& stats, pid_t supervisor) {
  for (WorkerStats& worker : stats.workers) {
    if (worker.pid == 0) continue;
    const auto process = read_process(worker.pid);
    if (process ? !process->is_worker_of(supervisor) : !process_exists(worker.pid)) {
      WorkerStats gone;
      gone.index = worker.index;
      gone.state = WorkerState::dead;
      gone.tasks_done = worker.tasks_done;
      gone.tasks_failed = worker.tasks_failed;
      gone.parks = worker.parks;
      gone.deaths = worker.deaths;
      worker = gone;
      continue;
    }
    if (!process) continue;  // no descriptor is left for /proc, or it hides this one
    if (process->is_stopped()) worker.state = WorkerState::stopped;
    worker.cpu_time = std::chrono::nanoseconds(cpu_time_ns(worker.pid));
    worker.rss_bytes = process->rss;
    worker.max_rss_bytes = process->max_rss;
  }
}

}  // namespace muster::detail
