#include "bench/driver.hpp"

#include <set>

#include <fmt/format.h>

#include "bench/peers/peers.hpp"
#include "bench/probes/stopwatch.hpp"

namespace bench {

namespace {

// The one line for a peer that is not there, whatever its cells would have been.
Cell missing_cell(const Cell& cell) {
  Cell none;
  none.peer = cell.peer;
  none.workers = 0;
  none.missing = cell.missing;
  return none;
}

}  // namespace

void Driver::plan(const std::vector<const Scenario*>& scenarios) {
  for (const Scenario* const scenario : scenarios) {
    const std::string name(scenario->name());
    bool left_out = false;
    const std::vector<Cell> cells = cells_of(*scenario, left_out);
    estimate_.plan(name, cells.size(), scenario->runs(settings_));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].missing.empty()) estimate_.drop(name, i);
    }
  }
}

ScenarioResult Driver::run(const Scenario& scenario) {
  ScenarioResult result{.name = std::string(scenario.name()),
                        .summary = std::string(scenario.summary()),
                        .metrics = scenario.metrics(),
                        .cases = {},
                        .notes = {}};
  for (Cell& cell : cells_of(scenario, result.left_out)) {
    result.cases.push_back({.cell = std::move(cell), .values = {}, .failure = {}});
  }
  if (result.cases.empty()) return result;
  if (result.left_out) {
    result.notes.emplace_back("left out by --quick: other peers, and other numbers of workers");
  }
  scenario.run(*this, settings_, result);
  estimate_.finish(result.name);
  progress_.clear();
  return result;
}

std::vector<Cell> Driver::cells_of(const Scenario& scenario, bool& left_out) const {
  std::vector<Cell> cells;
  std::set<std::string> told_missing;
  for (Cell& cell : scenario.cells(settings_)) {
    if (!settings_.wants(cell.peer)) continue;
    const PeerEntry* const peer = find_peer(cell.peer);
    if (peer != nullptr && is_left_out(scenario, *peer, cell)) {
      left_out = true;
      continue;
    }
    if (peer != nullptr && cell.missing.empty()) cell.missing = why_missing(*peer);
    if (!cell.missing.empty()) {
      if (!told_missing.insert(cell.peer).second) continue;
      cell = missing_cell(cell);
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

bool Driver::is_left_out(const Scenario& scenario, const PeerEntry& peer, const Cell& cell) const {
  if (!settings_.quick || !settings_.peers.empty() || is_own(peer)) return false;
  constexpr std::size_t kUsual = 2;
  const bool usual = cell.workers == 0 || cell.workers == kUsual || !cell.axis.empty();
  if (!usual && !settings_.workers_given) return true;
  return !scenario.in_quick(peer, cell);
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
      if (!one.failure.empty() || !one.cell.missing.empty()) continue;
      show_run(result, cell, run, runs);
      const Stopwatch watch;
      ChildResult child = run_once(scenario, one.cell);
      estimate_.ran(result.name, cell, Estimate::Seconds(watch.seconds()));
      if (!child.failure.empty()) estimate_.drop(result.name, cell);
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
