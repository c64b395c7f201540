#pragma once

#include <muster/stats.hpp>

#include "lib/inspect/pool_clock.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// A pool's memory, readable.
struct PoolViews {
  TasksView tasks;
  ControlView control;
  ResultsView results;
  FactsView facts;

  PoolClock clock() const { return PoolClock(tasks.header()); }
};

// Reads without a lock and without a write. What is read may be scribbled over or change
// meanwhile: every index is checked, and every loop bounded by the views' private geometry. Leaves
// out what the descriptors tell (shared_memory_bytes) and what /proc does (see look_at_workers()).
PoolStats take_snapshot(const PoolViews& pool);

// Adds what /proc tells of the workers' processes. One whose parent is not `supervisor`, or that
// has ended, is dead: the facts are as old as who wrote them, and its number may be another
// process's by now.
void look_at_workers(PoolStats& stats, pid_t supervisor);

// What stands at that place in the table of names; "" where there is none.
std::string task_name(const TasksView& tasks, std::size_t index);

}  // namespace muster::detail
