#pragma once

#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/snapshot.hpp"

namespace muster::detail {

// What is in the slots, each as it was at some moment while this ran. Believes nothing, as
// take_snapshot().
std::vector<TaskInfo> list_tasks(const PoolViews& pool);

}  // namespace muster::detail
