#pragma once

// What the client tells of tasks, for whoever looks in: which are timed, and what happens to those
// while they are not a worker's (lib/telemetry/).
//
// Under the pool's lock.

#include <cstdint>

#include "lib/client/backlog.hpp"
#include "lib/client/trace_sampler.hpp"
#include "lib/segments/growing_ring.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

class ClientTelemetry {
 public:
  ClientTelemetry() = default;
  // The tasks lie in the file `fd`.
  ClientTelemetry(const TasksView& tasks, const ResultsView& results, int fd);

  // See TraceSampler.
  std::uint64_t mark(std::uint8_t name) { return sampler_.mark(name); }
  std::uint64_t mark_again(const Behind& node) {
    return sampler_.mark_again(node.part.name, node.mark);
  }

  // The task in this slot, which is not published yet, is to be timed.
  void choose(std::uint32_t slot, std::uint64_t mark);
  // The same, of one that is submitted now. Whatever a worker tells of it comes later, since it
  // claims what was published: who reads the workers' rings first finds this one in the client's.
  void tell_submitted(std::uint32_t slot, TaskTag tag, std::uint64_t mark) {
    choose(slot, mark);
    tell(EventKind::submitted, slot, tag);
  }

  // Of the task in this slot, or of one that waits behind, where it was chosen to be timed.
  void tell(EventKind kind, std::uint32_t slot, TaskTag tag, std::uint32_t worker = kNoWorker);
  void tell(EventKind kind, const Behind& node);
  // Of any task that a worker died in.
  void tell_died(const DeathRecord& record);
  // Of the task in this slot, which is not published again yet. It is timed, whatever others are.
  void tell_requeued(std::uint32_t slot, TaskTag tag);

  void count_lost(std::uint8_t name);

 private:
  void put(EventKind kind, std::uint8_t name, std::uint64_t mark, TaskTag tag,
           std::uint32_t worker);

  TasksView tasks_;
  TraceSampler sampler_;
  GrowingRing events_;
};

}  // namespace muster::detail
