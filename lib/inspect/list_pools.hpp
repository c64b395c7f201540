#pragma once

#include <functional>

#include <muster/inspect.hpp>

#include "lib/inspect/snapshot.hpp"

namespace muster::detail {

// Calls `see` for each pool that can be read, in no order, while its memory is there to be read.
// What is returned has no pools, but all else that list_pools() tells; throws as that does.
PoolList visit_pools(const InspectOptions& options,
                     const std::function<void(PoolInfo, const PoolViews&)>& see);

}  // namespace muster::detail
