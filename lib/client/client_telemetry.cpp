#include "lib/client/client_telemetry.hpp"

#include "lib/common/count.hpp"
#include "lib/common/ticks.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

ClientTelemetry::ClientTelemetry(const TasksView& tasks, const ResultsView& results, int fd)
    : tasks_(tasks),
      sampler_(results, tasks.header().sampling),
      events_(tasks.events(), 0, fd, tasks.geometry.client_events_at() + sizeof(EventCount),
              {.step = 64 * 1024, .allocate = allocate_pages}) {}

void ClientTelemetry::choose(std::uint32_t slot, std::uint64_t mark) {
  tasks_.part(slot).flags |= kTraced;
  tasks_.trace_mark(slot).store(mark, std::memory_order_relaxed);  // the publication orders it
}

void ClientTelemetry::put(EventKind kind, std::uint8_t name, std::uint64_t mark, TaskTag tag,
                          std::uint32_t worker) {
  events_.put({.kind = kind,
               .name = name,
               .weight_log2 = static_cast<std::uint8_t>(TraceMark::weight_log2(mark)),
               .worker = worker,
               .task = tag,
               .at_ticks = kind == EventKind::submitted ? TraceMark::ticks(mark) : ticks_now()});
}

void ClientTelemetry::tell(EventKind kind, std::uint32_t slot, TaskTag tag, std::uint32_t worker) {
  const TaskPart& part = tasks_.part(slot);
  if ((part.flags & kTraced) == 0) return;
  // Relaxed: our own.
  put(kind, part.name, tasks_.trace_mark(slot).load(std::memory_order_relaxed), tag, worker);
}

void ClientTelemetry::tell(EventKind kind, const Behind& node) {
  if (node.mark == 0) return;
  put(kind, node.part.name, node.mark, TaskTag::first_attempt(node.id), kNoWorker);
}

void ClientTelemetry::tell_died(const DeathRecord& record) {
  events_.put({.kind = EventKind::died,
               .name = static_cast<std::uint8_t>(record.name),
               .worker = record.worker % tasks_.geometry.workers,
               .task = Hint(record.task - 1).tag(),
               .at_ticks = record.at_ticks,
               .since_ticks = record.at_ticks - record.ran_for_ticks});
}

void ClientTelemetry::tell_requeued(std::uint32_t slot, TaskTag tag) {
  choose(slot, TraceMark::pack(ticks_now(), 0));
  tell(EventKind::requeued, slot, tag);
  raise(tasks_.header().requeued);
}

void ClientTelemetry::count_lost(std::uint8_t name) { raise(tasks_.header().lost[name]); }

}  // namespace muster::detail
