#pragma once

#include <string>

#include "bench/machine.hpp"
#include "bench/scenario.hpp"

namespace bench {

// Text for the reader, without a trailing empty line.

// What all was measured on and with.
std::string heading_text(const Facts& machine, const Settings& settings,
                         const std::vector<std::string>& doubts);

// A table: a line for each case, a column for each metric, then the notes.
std::string table_text(const ScenarioResult& result);

}  // namespace bench
