#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/sample.hpp"
#include "bench/settings.hpp"
#include "bench/units.hpp"

namespace bench {

class Driver;
struct PeerEntry;

// One of the things that a scenario compares. It is measured in a process of its own, a fresh one
// for each run, so that no run profits or suffers from another's memory, threads or crash.
struct Cell {
  std::string peer;         // who does the work: a name in peers.hpp; "" for micro-benchmarks
  std::size_t workers = 1;  // 0: it has none
  std::string variant;      // how the scenario is played; "" where there is one way only
  std::uint64_t size = 0;   // tasks, items or samples

  std::uint64_t payload = 0;  // bytes of each task's argument beyond the usual int
  std::size_t threads = 1;    // that submit

  // For the reader of the figures, and no part of the text.
  bool cold = false;         // nothing of the kind ran before in the process
  std::string axis = "";     // of a curve: "tasks", "workers", "payload_bytes", "threads"
  std::string missing = "";  // why it cannot be measured here: "install libtbb-dev"

  // "process pool, 2 workers, kept".
  std::string label() const;
  // Where it stands on its axis. REQUIRES: it has one.
  std::uint64_t x() const;

  // "process,2,kept,1000000", with ",payload,threads" after it where these are not 0 and 1.
  std::string to_text() const;
  // Throws MeasurementError.
  static Cell from_text(std::string_view text);
};

struct Metric {
  std::string key;
  std::string title;
  Unit unit = Unit::seconds;
  bool more_is_better = false;
  std::string heat = "";  // "cold" or "hot" where it is not that of the cell
  // Two medians that differ by no more than this are the same, whatever the quartiles say.
  double least_difference = 0;
};

// All runs of one cell. `failure` says why there are none, or not all.
struct CaseResult {
  Cell cell;
  std::map<std::string, std::vector<double>> values;  // by the key of their metric
  std::string failure;

  // Whether there is anything to run, and nothing against it so far.
  bool can_run() const { return cell.missing.empty() && failure.empty(); }
  void add(const Sample& sample);
};

struct ScenarioResult {
  std::string name;
  std::string summary;
  std::vector<Metric> metrics;
  std::vector<CaseResult> cases;
  bool left_out = false;           // --quick does without some cells
  std::vector<std::string> notes;  // what the figures alone do not say

  bool failed() const;
  bool has_figures() const;
};

// What is measured and how. A new one is a class of its own in scenarios/ and a line in
// scenarios.cpp.
class Scenario {
 public:
  virtual ~Scenario() = default;

  virtual std::string_view name() const = 0;
  // A sentence or two for the reader of the figures: what runs, hot or cold.
  virtual std::string_view summary() const = 0;
  virtual std::vector<Metric> metrics() const = 0;
  virtual std::vector<Cell> cells(const Settings& settings) const = 0;

  // Runs one cell once, in this process, and says what it measured. Throws.
  virtual void measure(const Cell& cell, Sample& out) const = 0;

  // Whether --quick has time for this cell of another's pool. Muster's own are always measured.
  virtual bool in_quick(const PeerEntry& peer, const Cell& cell) const;

  // How often each cell runs.
  virtual std::size_t runs(const Settings& settings) const { return settings.runs; }
  // How many processes that makes of each cell, for an estimate of how long they take.
  virtual std::size_t processes(const Settings& settings) const { return runs(settings); }
  // A run that takes longer hangs.
  virtual std::chrono::seconds limit() const { return std::chrono::seconds(60); }
  // All cells, as often as runs() says, in turns. Others have more to do than that.
  virtual void run(Driver& driver, const Settings& settings, ScenarioResult& result) const;
};

}  // namespace bench
