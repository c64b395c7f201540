#pragma once

#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/metric_reader.hpp"

namespace muster_tool {

struct MeasuredPool {
  muster::PoolInfo info;
  muster::detail::MetricValues counted;  // by the pool itself
};

struct Measurement {
  std::vector<MeasuredPool> pools;
  muster::PoolList unseen;  // without pools: what could not be read
};

// The pool of that name, or all where it is "". Throws what PoolInspector and list_pools do.
Measurement measure(const std::string& pool, const muster::InspectOptions& options);

}  // namespace muster_tool
