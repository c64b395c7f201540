#pragma once

#include <nlohmann/json.hpp>

namespace scaling {

// What a message costs, in nanoseconds, by the calls of MPI that lib/mpi/transport makes: between
// ranks 0 and 1, while all others wait. Initialises and finalises MPI. All ranks call it; the
// result is rank 0's.
nlohmann::json measure_message_costs();

}  // namespace scaling
