#include "bench/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace bench {

namespace {

// Fewer runs than this do not tell how far figures scatter.
constexpr std::size_t kLeastRuns = 3;

bool chosen(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

const ScenarioRows* find_scenario(const Results& results, const std::string& name) {
  const auto found =
      std::find_if(results.scenarios.begin(), results.scenarios.end(),
                   [&](const ScenarioRows& scenario) { return scenario.name == name; });
  return found == results.scenarios.end() ? nullptr : &*found;
}

const MetricRow* find_metric(const ScenarioRows& scenario, const std::string& key) {
  const auto found = std::find_if(scenario.metrics.begin(), scenario.metrics.end(),
                                  [&](const MetricRow& metric) { return metric.key == key; });
  return found == scenario.metrics.end() ? nullptr : &*found;
}

// How much was done is no part of what a case is, except where that is what varies: a quick run is
// compared with a full one.
bool same_case(const CaseRow& a, const CaseRow& b) {
  return a.peer == b.peer && a.variant == b.variant && a.workers == b.workers &&
         a.payload == b.payload && a.threads == b.threads && a.axis == b.axis && a.x == b.x;
}

const CaseRow* find_case(const ScenarioRows* scenario, const CaseRow& row) {
  if (scenario == nullptr) return nullptr;
  const auto found = std::find_if(scenario->cases.begin(), scenario->cases.end(),
                                  [&](const CaseRow& each) { return same_case(each, row); });
  return found == scenario->cases.end() ? nullptr : &*found;
}

std::string cell_text(const CaseRow& row) {
  std::string text = row.peer_title;
  const auto add = [&](const std::string& part) {
    if (!text.empty() && !part.empty()) text += ", ";
    text += part;
  };
  if (row.workers != 0) {
    add(fmt::format("{} worker{}", row.workers, row.workers == 1 ? "" : "s"));
  }
  add(row.variant);
  if (row.axis == "payload_bytes") add(format_value(row.x, Unit::bytes));
  if (row.axis == "tasks" || row.axis == "threads") {
    add(fmt::format("{:.0f} {}", row.x,
                    row.x == 1 ? row.axis.substr(0, row.axis.size() - 1) : row.axis));
  }
  return text;
}

Verdict judge(const Figure& before, const Figure& after, const MetricRow& metric,
              double threshold) {
  const double apart = std::abs(after.spread.median - before.spread.median);
  if (metric.least_difference > 0 && apart <= metric.least_difference) return Verdict::same;
  if (std::min(before.runs, after.runs) < kLeastRuns) return Verdict::unsure;
  switch (standing_of(after.spread, before.spread, metric.more_is_better, threshold)) {
    case Standing::better: return Verdict::better;
    case Standing::worse: return Verdict::worse;
    case Standing::same: break;
  }
  return Verdict::same;
}

std::optional<Figure> figure_of(const CaseRow* row, const std::string& key) {
  const Figure* const figure = row == nullptr ? nullptr : row->figure(key);
  return figure == nullptr ? std::nullopt : std::optional(*figure);
}

void add_difference(const std::string& scenario, const MetricRow& metric, const CaseRow* before,
                    const CaseRow* after, double threshold, std::vector<Difference>& found) {
  const CaseRow& named = after == nullptr ? *before : *after;
  Difference difference{.scenario = scenario,
                        .peer = named.peer,
                        .cell = cell_text(named),
                        .metric = metric,
                        .before = figure_of(before, metric.key),
                        .after = figure_of(after, metric.key),
                        .failure = {}};
  const bool fails = after != nullptr && !after->failure.empty();
  if (!difference.before && !difference.after && !fails) return;
  if (fails && (before == nullptr || before->failure.empty() || !difference.after)) {
    difference.verdict = Verdict::failed;
    difference.failure = after->failure;
  } else if (!difference.before) {
    difference.verdict = Verdict::missing_in_old;
  } else if (!difference.after) {
    difference.verdict = Verdict::missing_in_new;
  } else {
    difference.verdict = judge(*difference.before, *difference.after, metric, threshold);
  }
  found.push_back(std::move(difference));
}

void require_same_meaning(const std::string& scenario, const MetricRow& a, const MetricRow& b) {
  if (a.unit == b.unit && a.more_is_better == b.more_is_better) return;
  throw NotComparable(
      fmt::format("the figure \"{}\" of {} means something else in each file", a.title, scenario));
}

// Both hold a scenario of this name, or one of them is null.
void compare_scenario(const ScenarioRows* before, const ScenarioRows* after, const Filter& filter,
                      double threshold, std::vector<Difference>& found) {
  const ScenarioRows& leading = after == nullptr ? *before : *after;
  const auto add = [&](const CaseRow* old_case, const CaseRow* new_case) {
    if (!chosen(filter.peers, (new_case == nullptr ? old_case : new_case)->peer)) return;
    for (const MetricRow& metric : leading.metrics) {
      if (metric.is_amount()) continue;
      add_difference(leading.name, metric, old_case, new_case, threshold, found);
    }
  };
  if (after != nullptr) {
    for (const MetricRow& metric : after->metrics) {
      const MetricRow* const other = before == nullptr ? nullptr : find_metric(*before, metric.key);
      if (other != nullptr) require_same_meaning(after->name, metric, *other);
    }
    for (const CaseRow& row : after->cases) add(find_case(before, row), &row);
  }
  if (before == nullptr) return;
  for (const CaseRow& row : before->cases) {
    if (find_case(after, row) == nullptr) add(&row, nullptr);
  }
}

// "memory: 23.5 GiB, now 7.7 GiB" for each that differs.
std::string changed(const std::vector<std::pair<std::string, std::string>>& before,
                    const std::vector<std::pair<std::string, std::string>>& after,
                    const std::set<std::string>& names) {
  std::string text;
  for (const auto& [name, value] : after) {
    const auto other = std::find_if(before.begin(), before.end(),
                                    [&key = name](const auto& fact) { return fact.first == key; });
    if (names.count(name) == 0 || other == before.end() || other->second == value) continue;
    text += fmt::format("{}{}: {}, now {}", text.empty() ? "" : "; ", name, other->second, value);
  }
  return text;
}

}  // namespace

std::vector<Difference> compare(const Results& before, const Results& after, const Filter& filter,
                                double threshold) {
  for (const std::string& name : filter.scenarios) {
    if (find_scenario(before, name) == nullptr && find_scenario(after, name) == nullptr) {
      throw NotComparable(fmt::format("neither file has a scenario \"{}\"", name));
    }
  }
  std::vector<Difference> found;
  for (const ScenarioRows& scenario : after.scenarios) {
    if (!chosen(filter.scenarios, scenario.name)) continue;
    compare_scenario(find_scenario(before, scenario.name), &scenario, filter, threshold, found);
  }
  for (const ScenarioRows& scenario : before.scenarios) {
    if (!chosen(filter.scenarios, scenario.name)) continue;
    if (find_scenario(after, scenario.name) != nullptr) continue;
    compare_scenario(&scenario, nullptr, filter, threshold, found);
  }
  const bool common = std::any_of(found.begin(), found.end(), [](const Difference& difference) {
    return difference.verdict != Verdict::missing_in_new &&
           difference.verdict != Verdict::missing_in_old;
  });
  if (!common) throw NotComparable("the two files have no figure in common");
  return found;
}

std::vector<std::string> doubts_about(const Results& before, const Results& after) {
  std::vector<std::string> doubts;
  const auto add = [&](const char* what, const std::string& changes) {
    if (!changes.empty()) doubts.push_back(fmt::format("{} ({})", what, changes));
  };
  add("the old run was cut short", before.cut_short);
  add("the new run was cut short", after.cut_short);
  add("the machines differ",
      changed(before.machine, after.machine, {"processor", "memory", "kernel"}));
  add("the builds differ", changed(before.machine, after.machine, {"compiler", "build"}));
  add("not as much was measured", changed(before.settings, after.settings, {"quick", "tasks"}));
  return doubts;
}

}  // namespace bench
