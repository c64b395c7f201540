#pragma once

#include <string_view>

#include <muster/duration.hpp>

namespace muster_tool {

// A time as a user writes it: "1.5" (seconds), "250ms", "10s", "5m", "2h", "1d", "40us". Not
// negative. Throws UsageError.
muster::Duration parse_duration(std::string_view text);

}  // namespace muster_tool
