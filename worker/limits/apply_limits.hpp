#pragma once

#include "lib/limits/prepared_limits.hpp"

namespace muster::detail {

// Sets this process's limits, all but that of its resident memory, for good. After Muster has set
// itself up: what it has mapped and opened by then it keeps. Throws Error that names the limit
// which cannot be set; some are set then.
void apply_limits(const PreparedLimits& limits);

}  // namespace muster::detail
