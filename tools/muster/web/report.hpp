#pragma once

#include <string>

#include "../exit_code.hpp"
#include "feed.hpp"

namespace muster_tool::web {

// Looks at the pools for 0.2 s and writes the page with what was seen to `file`, which is there
// as a whole or not at all; "-" is standard output. Throws std::system_error where it cannot be
// written or /proc not read.
ExitCode save_report(const std::string& file, const Selection& selection, double interval);

}  // namespace muster_tool::web
