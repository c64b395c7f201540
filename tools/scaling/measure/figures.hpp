#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include <muster/mpi.hpp>

namespace scaling {

// How long a run should take: it decides how many tasks it has.
struct FigureOptions {
  double seconds = 0.5;
  std::size_t most_tasks = 200'000;
  std::size_t runs = 9;
  // A run beside which others used more than this share of the processors is played again, at most
  // as often as `runs` for each length.
  double others = 0.05;
  // The tasks sleep: as if each rank had a machine of its own, the workers take no core from what
  // gives them work. The length that is told is how long they took, on average.
  bool sleeping = false;
};

// For each length of a task, in nanoseconds, of a core that does nothing else or of sleep: so many
// are submitted one by one, then all results are collected in order; in a pool that has done the
// same before. The figure is tasks a second, from the first submit to the last result.
nlohmann::json measure_figures(muster::MpiPoolExecutor& pool,
                               const std::vector<std::int64_t>& lengths,
                               const FigureOptions& options);

}  // namespace scaling
