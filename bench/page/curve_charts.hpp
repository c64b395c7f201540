#pragma once

#include <string>

#include "bench/model/results.hpp"

namespace bench {

// A chart for each metric over each axis along which the scenario was measured, as HTML; "" where
// it was not.
std::string curve_charts_html(const ScenarioRows& scenario);

}  // namespace bench
