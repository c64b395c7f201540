#pragma once

#include <nlohmann/json.hpp>

#include <muster/muster.hpp>

namespace scaling {

// What it costs, in nanoseconds of processor time, that a worker has nothing to do and sleeps until
// there is a task: in the worker ("worker"), and in threads of the process that made the pool
// besides the one that submits ("pump"). Of a process pool, as each rank has one.
nlohmann::json measure_idle_costs(const muster::ProcessPoolOptions& options);

}  // namespace scaling
