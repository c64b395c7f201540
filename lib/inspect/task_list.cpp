#include "lib/inspect/task_list.hpp"

#include <optional>

namespace muster::detail {

namespace {

std::optional<TaskInfo> task_in(const PoolViews& pool, const SlotTable<>& slots, std::uint32_t slot,
                                std::uint64_t now, const PoolClock& clock) {
  const SlotWord word = slots.read(slot);
  if (word.status() == SlotStatus::free) return std::nullopt;
  const TaskPart& part = pool.tasks.part(slot);
  TaskInfo task;
  task.id = word.tag().id();
  task.attempt = word.tag().attempt() + 1;
  task.name = task_name(pool.tasks, part.name);
  if ((part.flags & kChunk) != 0) task.items = part.where.count;
  if (word.status() == SlotStatus::pending) {
    const std::uint64_t mark = pool.tasks.trace_mark(slot).load();
    if ((part.flags & kTraced) != 0 && TraceMark::is_timed(mark)) {
      task.waited = clock.between(TraceMark::ticks(mark), now);
    }
  } else if (word.owner() < pool.tasks.geometry.workers) {
    task.worker = word.owner();
    task.state = is_terminal(word.status()) ? TaskState::ended : TaskState::running;
    const WorkerRecord& record = pool.results.window(word.owner()).record();
    // Acquire pairs with the worker's claim: the start belongs to this task.
    const std::uint64_t current = record.current.load(std::memory_order_acquire);
    if (task.state == TaskState::running && current == Hint(slot, word.tag()).bits() + 1) {
      task.running_for = clock.between(record.started_ticks.load(), now);
    }
  }
  // What was read between is this task's if the word says so still, whatever has become of it.
  return slots.read(slot).tag() == word.tag() ? std::optional(task) : std::nullopt;
}

}  // namespace

std::vector<TaskInfo> list_tasks(const PoolViews& pool) {
  const SlotTable<> slots(pool.control.slot_lines());
  const PoolClock clock = pool.clock();
  const std::uint64_t now = ticks_now();
  std::vector<TaskInfo> tasks;
  for (std::uint32_t slot = 0; slot < pool.tasks.geometry.slots; ++slot) {
    if (auto task = task_in(pool, slots, slot, now, clock)) tasks.push_back(std::move(*task));
  }
  return tasks;
}

}  // namespace muster::detail
