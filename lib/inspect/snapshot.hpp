#pragma once

#include <muster/stats.hpp>

#include "lib/segments/views.hpp"

namespace muster::detail {

// A pool's memory, readable.
struct PoolViews {
  TasksView tasks;
  ControlView control;
  ResultsView results;
  FactsView facts;
};

// Reads without a lock and without a write. What is read may be scribbled over or change
// meanwhile: every index is checked, and every loop bounded by the views' private geometry.
// Leaves shared_memory_bytes at 0: the descriptors tell it.
PoolStats take_snapshot(const PoolViews& pool);

}  // namespace muster::detail
