#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/pool_loader.hpp"
#include "lib/inspect/snapshot.hpp"
#include "lib/telemetry/metrics.hpp"

namespace muster::detail {

// Values of all that metrics.hpp declares, each list in the order of its descriptions.
struct MetricValues {
  std::vector<std::uint64_t> pool;                  // kPoolMetrics
  std::vector<std::uint64_t> facts;                 // kFactsMetrics
  std::vector<std::vector<std::uint64_t>> workers;  // by worker: kWorkerMetrics
  struct OfName {
    std::string name;
    std::vector<std::uint64_t> values;  // kNameMetrics: of all workers, summed or the most
  };
  std::vector<OfName> names;  // those of which a task was done
};

MetricValues read_metrics(const PoolViews& pool);

// For programs of this project that want more than the public interface gives.
struct InspectorAccess {
  // Good as long as the inspector is.
  static const LoadedPool& pool(const PoolInspector& inspector);
};

}  // namespace muster::detail
