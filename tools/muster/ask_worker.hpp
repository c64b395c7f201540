#pragma once

#include <muster/duration.hpp>
#include <muster/inspect.hpp>

#include "unwinder.hpp"

namespace muster_tool {

// Where a worker's main thread is, by its own answer. `unwinder` is of its process. Throws what
// muster::detail::read_stack() throws.
Frames ask_worker(const muster::PoolInspector& pool, const muster::WorkerStats& worker,
                  muster::Duration patience, Unwinder& unwinder);

}  // namespace muster_tool
