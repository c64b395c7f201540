#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/child.hpp"
#include "bench/estimate.hpp"
#include "bench/probes/temporary_folder.hpp"
#include "bench/progress.hpp"
#include "bench/scenario.hpp"

namespace bench {

// Runs scenarios, each cell of them in a child process: this program again, with --cell.
class Driver {
 public:
  explicit Driver(const Settings& settings);

  // What all is going to be run, for an estimate of how long that takes.
  void plan(const std::vector<const Scenario*>& scenarios);

  // Never throws for what goes wrong in a cell: that is the cell's failure. After an interruption
  // (interrupt.hpp) it has what had been measured until then.
  ScenarioResult run(const Scenario& scenario);

  // For scenarios, which let Interrupted pass. One run of a cell; `wrapper` is put in front of the
  // command (strace and its options).
  ChildResult run_once(const Scenario& scenario, const Cell& cell,
                       const std::vector<std::string>& wrapper = {});
  // `runs` runs of each case of `result`, in turns, so that what disturbs the machine for a
  // while disturbs all of them. A cell that failed is not run again, and nothing of a peer two of
  // whose cells took too long.
  void run_in_turns(const Scenario& scenario, std::size_t runs, ScenarioResult& result);
  // The same of run `run` of `runs` of one case in a way of the scenario's own, `what`: so many
  // processes took so long.
  void show_run(const ScenarioResult& result, std::size_t cell, std::size_t run, std::size_t runs,
                const std::string& what = "");
  void ran(const ScenarioResult& result, std::size_t cell, std::size_t processes, double seconds);

 private:
  // What is to be measured of it: a line for each cell, and one for each peer that is not here.
  // `left_out` becomes true where --quick does without some.
  std::vector<CaseResult> cases_of(const Scenario& scenario, bool& left_out) const;
  // Of those of a peer that is given up the ones without figures, as one line.
  void fold_given_up(ScenarioResult& result) const;
  bool is_given_up(const std::string& peer) const;
  // Whether --quick does without this cell.
  bool is_left_out(const Scenario& scenario, const PeerEntry& peer, const Cell& cell) const;

  const Settings& settings_;
  TemporaryFolder scratch_;  // of this program and all that it runs
  Estimate estimate_;
  ProgressLine progress_;
  std::map<std::string, std::size_t> hung_;  // cells of each peer that took too long
};

}  // namespace bench
