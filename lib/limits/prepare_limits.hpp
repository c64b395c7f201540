#pragma once

#include "lib/limits/prepared_limits.hpp"

namespace muster::detail {

// In the client, before anything of the pool is there. Throws InvalidArgumentError where a limit
// makes no sense, or is more than this program, kernel or build can do, which it names.
PreparedLimits prepare_limits(const WorkerLimits& limits);

}  // namespace muster::detail
