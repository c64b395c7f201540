#pragma once

#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/scenario.hpp"

namespace bench {

// The results as JSON, every run of every case, for programs that compare and draw. Values are in
// seconds, bytes, counts, and 1/s. `doubts`: what stood above the tables. `cut_short`: the signal
// that ended the run; "": none.
std::string json_text(const Facts& machine, const Settings& settings,
                      const std::vector<std::string>& doubts,
                      const std::vector<ScenarioResult>& results, const std::string& cut_short);

}  // namespace bench
