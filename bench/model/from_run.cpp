#include "bench/model/from_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/peers/peers.hpp"

namespace bench {

namespace {

CaseRow row_of(const CaseResult& one) {
  const Cell& cell = one.cell;
  CaseRow row;
  row.peer = cell.peer;
  row.peer_title = title_of(cell.peer);
  row.workers = cell.workers;
  row.variant = cell.variant;
  row.size = cell.size;
  row.payload = cell.payload;
  row.threads = cell.threads;
  row.cold = cell.cold;
  row.axis = cell.axis;
  if (!cell.axis.empty()) row.x = static_cast<double>(cell.x());
  row.missing = cell.missing;
  row.failure = one.failure;
  for (const auto& [key, values] : one.values) {
    if (!values.empty()) row.figures[key] = {spread_of(values), values};
  }
  return row;
}

}  // namespace

Results results_of_run(const Facts& machine, const Settings& settings,
                       const std::vector<std::string>& doubts,
                       const std::vector<ScenarioResult>& results) {
  Results out;
  out.machine = machine;
  out.settings = {{"runs", std::to_string(settings.runs)},
                  {"quick", settings.quick ? "yes" : "no"},
                  {"workers", fmt::format("{}", fmt::join(settings.workers, ", "))},
                  {"tasks", std::to_string(settings.many_tasks)}};
  if (!settings.peers.empty()) {
    out.settings.emplace_back("peers", fmt::format("{}", fmt::join(settings.peers, ", ")));
  }
  out.doubts = doubts;
  for (const ScenarioResult& result : results) {
    ScenarioRows& scenario = out.scenarios.emplace_back();
    scenario.name = result.name;
    scenario.summary = result.summary;
    scenario.notes = result.notes;
    for (const Metric& metric : result.metrics) {
      scenario.metrics.push_back({metric.key, metric.title, metric.unit, metric.more_is_better,
                                  metric.heat, metric.least_difference});
    }
    for (const CaseResult& one : result.cases) scenario.cases.push_back(row_of(one));
  }
  return out;
}

}  // namespace bench
