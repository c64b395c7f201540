#include "bench/json_file.hpp"

#include <nlohmann/json.hpp>

#include "bench/comparison.hpp"
#include "bench/model/read_results.hpp"
#include "bench/peers/peers.hpp"
#include "bench/statistics.hpp"

namespace bench {

namespace {

using Json = nlohmann::ordered_json;

std::string_view better_name(const Metric& metric) {
  return metric.more_is_better ? "higher" : "lower";
}

Json case_json(const ScenarioResult& result, const CaseResult& one) {
  Json json = {{"label", one.cell.label()},
               {"peer", one.cell.peer},
               {"peer_title", title_of(one.cell.peer)},
               {"workers", one.cell.workers},
               {"variant", one.cell.variant},
               {"size", one.cell.size},
               {"payload_bytes", one.cell.payload},
               {"threads", one.cell.threads},
               {"heat", one.cell.cold ? "cold" : "hot"},
               {"x", Json::object()}};
  if (!one.cell.axis.empty()) json["x"][one.cell.axis] = one.cell.x();
  if (!one.cell.missing.empty()) json["missing"] = one.cell.missing;
  if (!one.failure.empty()) json["failure"] = one.failure;
  for (const Metric& metric : result.metrics) {
    const auto found = one.values.find(metric.key);
    if (found == one.values.end() || found->second.empty()) continue;
    const Spread spread = spread_of(found->second);
    json["values"][metric.key] = {{"median", spread.median},
                                  {"lower_quartile", spread.lower},
                                  {"upper_quartile", spread.upper},
                                  {"runs", found->second}};
    if (const auto comparison = compare_with_process_pool(result, one, metric)) {
      json["values"][metric.key]["against_process_pool"] = {
          {"label", comparison->with->cell.label()},
          {"ratio", comparison->ratio},
          {"real", comparison->real}};
    }
  }
  return json;
}

Json scenario_json(const ScenarioResult& result) {
  Json json = {{"name", result.name}, {"summary", result.summary}};
  for (const Metric& metric : result.metrics) {
    json["metrics"][metric.key] = {{"title", metric.title},
                                   {"unit", unit_name(metric.unit)},
                                   {"more_is_better", metric.more_is_better},
                                   {"better", better_name(metric)}};
    if (metric.least_difference > 0) {
      json["metrics"][metric.key]["least_difference"] = metric.least_difference;
    }
    if (!metric.heat.empty()) json["metrics"][metric.key]["heat"] = metric.heat;
  }
  for (const CaseResult& one : result.cases) {
    json["cases"].push_back(case_json(result, one));
  }
  json["notes"] = result.notes;
  return json;
}

}  // namespace

std::string json_text(const Facts& machine, const Settings& settings,
                      const std::vector<std::string>& doubts,
                      const std::vector<ScenarioResult>& results, const std::string& cut_short) {
  Json json = {{"schema", kSchema}};
  for (const auto& [name, value] : machine) json["machine"][name] = value;
  json["doubts"] = doubts;
  if (!cut_short.empty()) json["cut_short"] = cut_short;
  json["settings"] = {{"runs", settings.runs},
                      {"quick", settings.quick},
                      {"workers", settings.workers},
                      {"tasks", settings.many_tasks},
                      {"peers", settings.peers}};
  for (const ScenarioResult& result : results) json["scenarios"].push_back(scenario_json(result));
  // What came from elsewhere was made clean where it came in; a path may still be no text.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bench
