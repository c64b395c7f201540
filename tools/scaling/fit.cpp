#include "tools/scaling/fit.hpp"

#include <algorithm>
#include <stdexcept>

#include "bench/statistics.hpp"

namespace scaling {

namespace {

constexpr const char* kHere = "shared memory";

double median(const nlohmann::json& spread) { return spread.at("median").get<double>(); }

Outcome simulate_with(Plan plan, const Costs& costs) {
  plan.costs = costs;
  return simulate(plan);
}

}  // namespace

Plan measured_plan(const nlohmann::json& measured, const Costs& costs, std::size_t ranks) {
  Plan plan;
  plan.ranks = ranks - 1;
  plan.algorithm = algorithm_of(measured.at("algorithm"));
  plan.costs = costs;
  return plan;
}

namespace {

// Conductor, server and worker, to the run `tasks`.
void fit_tasks(const nlohmann::json& measured, Costs& costs) {
  const auto& tasks = measured.at("tasks").at("2");
  Plan plan = measured_plan(measured, costs, 2);
  plan.tasks = tasks.at("tasks").get<std::size_t>();
  plan.placements = tasks.at("placements").get<std::vector<std::vector<int>>>();
  plan.gated = true;
  struct Fit {
    double& cost;
    double measured;
    double Outcome::*simulated;
  };
  const Fit fits[] = {
      {costs.conductor, costs.conductor, &Outcome::conductor},
      {costs.server, costs.server, &Outcome::servers},
      {costs.worker, costs.worker, &Outcome::workers},
  };
  // Each changes how the others wait, so that it takes some rounds. Only the part of a difference
  // that the other parts' waiting leaves is taken each time.
  constexpr int kRounds = 12;
  constexpr double kStep = 0.6;
  for (int round = 0; round < kRounds; ++round) {
    const Outcome outcome = simulate_with(plan, costs);
    for (const Fit& fit : fits) {
      fit.cost = std::max(5.0, fit.cost + kStep * (fit.measured - outcome.*fit.simulated));
    }
  }
}

Plan plan_of(const nlohmann::json& measured, const nlohmann::json& figure, const Costs& costs) {
  Plan plan = measured_plan(measured, costs, figure.at("ranks").get<std::size_t>());
  plan.tasks = figure.at("tasks").get<std::size_t>();
  plan.length = figure.at("task_ns").get<double>();
  if (plan.length != 0) plan.task_bytes = 48;
  return plan;
}

}  // namespace

Costs fitted_costs(const nlohmann::json& measured) {
  Costs costs = Costs::of(measured, kHere);
  fit_tasks(measured, costs);
  return costs;
}

std::vector<Comparison> compare(const nlohmann::json& measured, const Costs& costs) {
  std::vector<Comparison> all;
  for (const bool sleeps : {false, true}) {
    for (const auto& [ranks, figures] : measured.at(sleeps ? "sleeping" : "rates").items()) {
      for (const auto& figure : figures) {
        Plan plan = plan_of(measured, figure, costs);
        plan.sleeps = sleeps;
        // A run was simulated for each that was measured: their threads were not where the others'
        // were.
        std::vector<double> rates;
        if (figure.at("placements").empty()) {
          throw std::runtime_error("a figure of the file of measurements has no placements");
        }
        for (const auto& placements : figure.at("placements")) {
          plan.placements = placements.get<std::vector<std::vector<int>>>();
          rates.push_back(simulate(plan).rate);
        }
        const auto& rate = figure.at("rate");
        all.push_back({.ranks = plan.ranks + 1,
                       .length = plan.length,
                       .sleeps = sleeps,
                       .measured = median(rate),
                       .lower = rate.at("lower").get<double>(),
                       .upper = rate.at("upper").get<double>(),
                       .simulated = bench::spread_of(rates).median});
      }
    }
  }
  return all;
}

}  // namespace scaling
