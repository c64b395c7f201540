#pragma once

#include <vector>

#include "measurement.hpp"
#include "metric_text.hpp"

namespace muster_tool {

// What is measured of pools. Each number that lib/telemetry/metrics.hpp declares is there, under
// its name there.
std::vector<MetricFamily> metric_families(const Measurement& seen);

}  // namespace muster_tool
