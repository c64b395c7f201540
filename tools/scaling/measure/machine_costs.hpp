#pragma once

#include <nlohmann/json.hpp>

namespace scaling {

// What this machine and its kernel take for what the threads of a job do besides tasks and
// messages, in nanoseconds.
nlohmann::json measure_machine_costs();

}  // namespace scaling
