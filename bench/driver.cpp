#include "bench/driver.hpp"

#include <fmt/format.h>

#include "bench/probes/stopwatch.hpp"

namespace bench {

void Driver::plan(const std::vector<const Scenario*>& scenarios) {
  for (const Scenario* const scenario : scenarios) {
    estimate_.plan(std::string(scenario->name()), scenario->cells(settings_).size(),
                   scenario->runs(settings_));
  }
}

ScenarioResult Driver::run(const Scenario& scenario) {
  ScenarioResult result{.name = std::string(scenario.name()),
                        .summary = std::string(scenario.summary()),
                        .metrics = scenario.metrics(),
                        .cases = {},
                        .notes = {}};
  for (Cell& cell : scenario.cells(settings_)) {
    result.cases.push_back({.cell = std::move(cell), .values = {}, .failure = {}});
  }
  scenario.run(*this, settings_, result);
  estimate_.finish(result.name);
  progress_.clear();
  return result;
}

ChildResult Driver::run_once(const Scenario& scenario, const Cell& cell,
                             const std::vector<std::string>& wrapper) {
  std::vector<std::string> command = wrapper;
  command.push_back(own_executable());
  command.push_back("--cell");
  command.push_back(fmt::format("{},{}", scenario.name(), cell.to_text()));
  return run_child(command, scenario.limit());
}

void Driver::run_in_turns(const Scenario& scenario, std::size_t runs, ScenarioResult& result) {
  for (std::size_t run = 1; run <= runs; ++run) {
    for (std::size_t cell = 0; cell < result.cases.size(); ++cell) {
      CaseResult& one = result.cases[cell];
      if (!one.failure.empty()) {
        estimate_.drop(result.name, cell);
        continue;
      }
      show_run(result, cell, run, runs);
      const Stopwatch watch;
      ChildResult child = run_once(scenario, one.cell);
      estimate_.ran(result.name, cell, Estimate::Seconds(watch.seconds()));
      one.add(child.sample);
      one.failure = std::move(child.failure);
    }
  }
}

void Driver::show_run(const ScenarioResult& result, std::size_t cell, std::size_t run,
                      std::size_t runs) {
  const std::string left = estimate_.left_text();
  progress_.show(fmt::format("{}: cell {} of {}, run {} of {}{}{}: {}", result.name, cell + 1,
                             result.cases.size(), run, runs, left.empty() ? "" : ", ", left,
                             result.cases[cell].cell.label()));
}

}  // namespace bench
