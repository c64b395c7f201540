#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include <muster/mpi.hpp>

namespace scaling {

// What a task costs each part of a job, in nanoseconds of processor time: empty tasks are submitted
// while a task that sleeps holds every worker, then they are run while the client sleeps, then
// their results are collected when all have come. So no part waits for another that uses its core.
nlohmann::json measure_pool_costs(muster::MpiPoolExecutor& pool, std::size_t tasks,
                                  std::size_t runs);

}  // namespace scaling
