#include "tools/scaling/fit.hpp"

#include <algorithm>
#include <cmath>

#include "bench/statistics.hpp"

namespace scaling {

namespace {

constexpr const char* kHere = "shared memory";

double median(const nlohmann::json& spread) { return spread.at("median").get<double>(); }

// Every look found every thread where it was at first.
bool stay(const std::vector<std::vector<int>>& placements) {
  return std::ranges::all_of(placements,
                             [&](const auto& each) { return each == placements.front(); });
}

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

Costs fitted_costs(const nlohmann::json& measured) {
  Costs costs = Costs::of(measured, kHere);
  const auto& tasks = measured.at("tasks").at("2");
  Plan plan = measured_plan(measured, costs, 2);
  plan.tasks = tasks.at("tasks").get<std::size_t>();
  plan.placements = tasks.at("placements").get<std::vector<std::vector<int>>>();
  plan.bound = stay(plan.placements);
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
  return costs;
}

std::vector<Comparison> compare(const nlohmann::json& measured, const Costs& costs) {
  std::vector<Comparison> all;
  for (const auto& [ranks, figures] : measured.at("rates").items()) {
    for (const auto& figure : figures) {
      Plan plan = measured_plan(measured, costs, figure.at("ranks").get<std::size_t>());
      plan.tasks = figure.at("tasks").get<std::size_t>();
      plan.length = figure.at("task_ns").get<double>();
      if (plan.length != 0) plan.task_bytes = 48;
      // A run was simulated for each that was measured: their threads were not where the others'
      // were.
      std::vector<double> rates;
      for (const auto& placements : figure.at("placements")) {
        plan.placements = placements.get<std::vector<std::vector<int>>>();
        plan.bound = stay(plan.placements);
        rates.push_back(simulate(plan).rate);
      }
      const auto& rate = figure.at("rate");
      all.push_back({.ranks = plan.ranks + 1,
                     .length = plan.length,
                     .measured = median(rate),
                     .lower = rate.at("lower").get<double>(),
                     .upper = rate.at("upper").get<double>(),
                     .simulated = bench::spread_of(rates).median});
    }
  }
  return all;
}

}  // namespace scaling
