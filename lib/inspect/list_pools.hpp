#pragma once

#include <chrono>
#include <functional>
#include <tuple>

#include <muster/inspect.hpp>

#include "lib/inspect/snapshot.hpp"

namespace muster::detail {

// Calls `see` for each pool that can be read, in no order, while its memory is there to be read.
// What is returned has no pools, but all else that list_pools() tells; throws as that does.
PoolList visit_pools(const InspectOptions& options,
                     const std::function<void(PoolInfo, const PoolViews&)>& see);

// What lists of pools are sorted by.
inline std::tuple<pid_t, std::chrono::system_clock::time_point> client_and_age(
    const PoolInfo& pool) {
  return {pool.client_pid, pool.created};
}

}  // namespace muster::detail
