#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/scaling/plan.hpp"

namespace scaling {

// A run of the job that was measured, as it is simulated: with the threads where they were seen.
Plan measured_plan(const nlohmann::json& measured, const Costs& costs, std::size_t ranks);

// The costs of a file of scaling-measure. Three of them cannot be read off a clock: the processor
// time that conductor, server and worker spend in its run `tasks` has in it how they wait. They are
// fitted to that run: such that its simulation spends as much in each. The rates have no part in
// it.
Costs fitted_costs(const nlohmann::json& measured);

// A measured rate and what the simulation makes of it.
struct Comparison {
  std::size_t ranks = 0;
  double length = 0;
  bool sleeps = false;  // the tasks do; else they compute, and share the machine's cores
  double measured = 0;
  double lower = 0;  // quartiles of what was measured
  double upper = 0;
  double simulated = 0;
  double error() const { return simulated / measured - 1; }
};
std::vector<Comparison> compare(const nlohmann::json& measured, const Costs& costs);

}  // namespace scaling
