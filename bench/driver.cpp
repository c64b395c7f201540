#include "bench/driver.hpp"

#include <set>

#include <fmt/format.h>

#include "bench/peers/peers.hpp"

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

ScenarioResult Driver::run(const Scenario& scenario) {
  ScenarioResult result{.name = std::string(scenario.name()),
                        .summary = std::string(scenario.summary()),
                        .metrics = scenario.metrics(),
                        .cases = {},
                        .notes = {}};
  std::set<std::string> told_missing;
  for (Cell& cell : scenario.cells(settings_)) {
    if (!settings_.wants(cell.peer)) continue;
    const PeerEntry* const peer = find_peer(cell.peer);
    if (peer != nullptr && is_left_out(scenario, *peer, cell)) {
      result.left_out = true;
      continue;
    }
    if (peer != nullptr && cell.missing.empty()) cell.missing = why_missing(*peer);
    if (!cell.missing.empty()) {
      if (!told_missing.insert(cell.peer).second) continue;
      cell = missing_cell(cell);
    }
    result.cases.push_back({.cell = std::move(cell), .values = {}, .failure = {}});
  }
  if (result.cases.empty()) return result;
  if (result.left_out) {
    result.notes.emplace_back("left out by --quick: other peers, and other numbers of workers");
  }
  scenario.run(*this, settings_, result);
  progress_.clear();
  return result;
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
    for (CaseResult& one : result.cases) {
      if (!one.failure.empty() || !one.cell.missing.empty()) continue;
      progress_.show(
          fmt::format("{}: run {} of {}: {}", scenario.name(), run, runs, one.cell.label()));
      ChildResult child = run_once(scenario, one.cell);
      one.add(child.sample);
      one.failure = std::move(child.failure);
    }
  }
}

}  // namespace bench
