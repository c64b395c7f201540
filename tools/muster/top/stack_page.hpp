#pragma once

#include <muster/inspect.hpp>

#include "page.hpp"

namespace muster_tool::top {

// Where a worker is at this moment, function by function; or why that cannot be said. It makes the
// worker write it down, by a signal.
Page stack_page(muster::PoolInspector& pool, const muster::WorkerStats& worker);

}  // namespace muster_tool::top
