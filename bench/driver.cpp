#include "bench/driver.hpp"

#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "bench/interrupt.hpp"
#include "bench/peers/peers.hpp"
#include "bench/probes/program.hpp"
#include "bench/probes/stopwatch.hpp"

namespace bench {

namespace {

// A peer that hangs would take the time limit for each of its cells.
constexpr std::size_t kMostHanging = 2;
constexpr std::string_view kGivenUp = "not tried, because two of its cells took too long";
constexpr std::string_view kNotAgain =
    "not run as often as it was to be, because two cells of this peer took too long";

// The one line for a peer that cannot be measured, whatever its cells would have been.
CaseResult without_figures(const Cell& cell, std::string missing, std::string failure) {
  CaseResult none;
  none.cell.peer = cell.peer;
  none.cell.workers = 0;
  none.cell.missing = std::move(missing);
  none.failure = std::move(failure);
  return none;
}

}  // namespace

Driver::Driver(const Settings& settings) : settings_(settings) {
  // What is killed removes nothing, so all that is run here has its files in this folder.
  ::setenv("TMPDIR", scratch_.path().c_str(), 1);
  adopt_orphans();
}

void Driver::plan(const std::vector<const Scenario*>& scenarios) {
  for (const Scenario* const scenario : scenarios) {
    const std::string name(scenario->name());
    bool left_out = false;
    const std::vector<CaseResult> cases = cases_of(*scenario, left_out);
    estimate_.plan(name, cases.size(), scenario->processes(settings_));
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!cases[i].can_run()) estimate_.drop(name, i);
    }
  }
}

ScenarioResult Driver::run(const Scenario& scenario) {
  ScenarioResult result{.name = std::string(scenario.name()),
                        .summary = std::string(scenario.summary()),
                        .metrics = scenario.metrics(),
                        .cases = {},
                        .notes = {}};
  result.cases = cases_of(scenario, result.left_out);
  if (result.cases.empty()) return result;
  if (result.left_out) {
    result.notes.emplace_back("left out by --quick: other peers, and other numbers of workers");
  }
  try {
    scenario.run(*this, settings_, result);
  } catch (const Interrupted&) {
    result.notes.emplace_back("cut short: not all of it was run as often as it was to be");
  } catch (const std::exception& error) {
    for (CaseResult& one : result.cases) {
      if (one.can_run()) one.failure = error.what();
    }
  }
  fold_given_up(result);
  estimate_.finish(result.name);
  progress_.clear();
  return result;
}

std::vector<CaseResult> Driver::cases_of(const Scenario& scenario, bool& left_out) const {
  std::vector<CaseResult> cases;
  std::set<std::string> told;
  for (Cell& cell : scenario.cells(settings_)) {
    if (!settings_.wants(cell.peer)) continue;
    const PeerEntry* const peer = find_peer(cell.peer);
    if (peer != nullptr && is_left_out(scenario, *peer, cell)) {
      left_out = true;
      continue;
    }
    std::string missing = cell.missing;
    std::string failure;
    try {
      if (peer != nullptr && missing.empty()) missing = why_missing(*peer);
      if (missing.empty() && is_given_up(cell.peer)) failure = kGivenUp;
    } catch (const MeasurementError& error) {
      failure = error.what();
    }
    if (missing.empty() && failure.empty()) {
      cases.push_back({.cell = std::move(cell), .values = {}, .failure = {}});
    } else if (told.insert(cell.peer).second) {
      cases.push_back(without_figures(cell, std::move(missing), std::move(failure)));
    }
  }
  return cases;
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
  const bool given = settings_.limit.count() != 0;
  return run_child(command, given ? settings_.limit : scenario.limit());
}

void Driver::run_in_turns(const Scenario& scenario, std::size_t runs, ScenarioResult& result) {
  for (std::size_t run = 1; run <= runs; ++run) {
    for (std::size_t cell = 0; cell < result.cases.size(); ++cell) {
      CaseResult& one = result.cases[cell];
      if (!one.can_run()) continue;
      if (is_given_up(one.cell.peer)) {
        if (!one.values.empty()) one.failure = kNotAgain;
        continue;
      }
      show_run(result, cell, run, runs);
      const Stopwatch watch;
      ChildResult child;
      try {
        child = run_once(scenario, one.cell);
      } catch (const Interrupted&) {
        throw;
      } catch (const std::exception& error) {
        child.failure = error.what();
      }
      ran(result, cell, 1, watch.seconds());
      if (!child.failure.empty()) estimate_.drop(result.name, cell);
      if (!child.in_time) ++hung_[one.cell.peer];
      one.add(child.sample);
      one.failure = std::move(child.failure);
    }
  }
}

bool Driver::is_given_up(const std::string& peer) const {
  const auto found = hung_.find(peer);
  return !peer.empty() && found != hung_.end() && found->second >= kMostHanging;
}

void Driver::fold_given_up(ScenarioResult& result) const {
  std::map<std::string, Cell> folded;
  std::erase_if(result.cases, [&](const CaseResult& one) {
    if (!one.can_run() || !one.values.empty() || !is_given_up(one.cell.peer)) return false;
    folded.emplace(one.cell.peer, one.cell);
    return true;
  });
  for (const auto& [peer, cell] : folded) {
    result.cases.push_back(without_figures(cell, "", std::string(kGivenUp)));
  }
}

void Driver::ran(const ScenarioResult& result, std::size_t cell, std::size_t processes,
                 double seconds) {
  estimate_.ran(result.name, cell, processes, Estimate::Seconds(seconds));
}

void Driver::show_run(const ScenarioResult& result, std::size_t cell, std::size_t run,
                      std::size_t runs, const std::string& what) {
  const std::string left = estimate_.left_text();
  progress_.show(fmt::format("{}: {}cell {} of {}, run {} of {}{}{}: {}", result.name, what,
                             cell + 1, result.cases.size(), run, runs, left.empty() ? "" : ", ",
                             left, result.cases[cell].cell.label()));
}

}  // namespace bench
