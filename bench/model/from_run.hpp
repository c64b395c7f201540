#pragma once

#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/model/results.hpp"
#include "bench/scenario.hpp"

namespace bench {

// What has just been measured, as if it were read from its file.
Results results_of_run(const Facts& machine, const Settings& settings,
                       const std::vector<std::string>& doubts,
                       const std::vector<ScenarioResult>& results);

}  // namespace bench
