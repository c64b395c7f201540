#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/statistics.hpp"
#include "bench/units.hpp"

namespace bench {

// A result file as it is read again: what the page is drawn from and what two runs are compared by.

// One figure of one case.
struct Figure {
  Spread spread;
  std::vector<double> runs;
};

struct MetricRow {
  std::string key;
  std::string title;
  Unit unit = Unit::seconds;
  bool more_is_better = false;
  std::string heat;             // "cold" or "hot" where it is not that of the case
  double least_difference = 0;  // up to this two medians are the same

  // How much was done, and not how well: nothing to compare.
  bool is_amount() const {
    return unit == Unit::count && (key == "tasks" || key == "samples" || key == "items");
  }
};

// Who did what, and what came out.
struct CaseRow {
  std::string peer;        // "" for micro-benchmarks
  std::string peer_title;  // for the reader
  std::size_t workers = 0;
  std::string variant;
  std::uint64_t size = 0;
  std::uint64_t payload = 0;
  std::size_t threads = 1;
  bool cold = false;
  std::string
      axis;      // of a curve: "tasks", "workers", "payload_bytes", "threads"; "": no point of one
  double x = 0;  // where on it

  std::map<std::string, Figure> figures;  // by the key of their metric
  std::string missing;                    // why it could not be measured here
  std::string failure;                    // what went wrong

  // The peer's title, or what is measured where there is no peer.
  const std::string& name() const { return peer.empty() ? variant : peer_title; }
  const Figure* figure(const std::string& key) const;
};

struct ScenarioRows {
  std::string name;
  std::string summary;
  std::vector<MetricRow> metrics;
  std::vector<CaseRow> cases;
  std::vector<std::string> notes;
};

struct Results {
  std::vector<std::pair<std::string, std::string>> machine;
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<std::string> doubts;  // against these figures
  std::string cut_short;            // the signal that ended the run before its end
  std::vector<ScenarioRows> scenarios;
};

// How a figure stands to another one of the same metric.
enum class Standing { better, worse, same };

// How `one` stands to `other` in the same run: same where the quartile ranges overlap.
Standing standing_of(const Spread& one, const Spread& other, bool more_is_better);

}  // namespace bench
