#include "bench/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "bench/patterns.hpp"

namespace bench {

namespace {

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

std::optional<Figure> figure_of(const CaseRow* row, const std::string& key) {
  const Figure* const figure = row == nullptr ? nullptr : row->figure(key);
  return figure == nullptr ? std::nullopt : std::optional(*figure);
}

// What stands of a metric in both rows, or in the one that there is. Its verdict comes when all are
// there, where both have the figure.
Difference difference_of(const std::string& scenario, const MetricRow& metric,
                         const CaseRow* before, const CaseRow* after) {
  const CaseRow& named = after == nullptr ? *before : *after;
  Difference difference{.scenario = scenario,
                        .peer = named.peer,
                        .cell = cell_text(named),
                        .metric = metric,
                        .before = figure_of(before, metric.key),
                        .after = figure_of(after, metric.key),
                        .chance = {},
                        .failure = {}};
  if (!difference.before) difference.verdict = Verdict::missing_in_old;
  if (!difference.after) difference.verdict = Verdict::missing_in_new;
  if (difference.before && difference.after) {
    difference.chance = chance_of(difference.before->runs, difference.after->runs);
  }
  return difference;
}

// `failure`: why the new file has no figures of it, or not all; "": it did not fail.
void add_differences(const ScenarioRows& scenario, const std::vector<MetricRow>& metrics,
                     const CaseRow* before, const CaseRow* after, const std::string& failure,
                     std::vector<Difference>& found) {
  bool told = false;
  for (const MetricRow& metric : metrics) {
    if (metric.is_amount()) continue;
    Difference difference = difference_of(scenario.name, metric, before, after);
    if (!difference.before && !difference.after) continue;
    const bool failed_before = before != nullptr && !before->failure.empty();
    // Some of its runs may have had figures.
    if (!failure.empty() && difference.before && !(failed_before && difference.after)) {
      difference.verdict = Verdict::failed;
      difference.failure = failure;
      told = true;
    }
    found.push_back(std::move(difference));
  }
  if (failure.empty() || told) return;
  Difference failing = difference_of(scenario.name, MetricRow{}, before, after);
  failing.verdict = Verdict::without;
  failing.failure = failure;
  found.push_back(std::move(failing));
}

void require_same_meaning(const std::string& scenario, const MetricRow& a, const MetricRow& b) {
  if (a.unit == b.unit && a.more_is_better == b.more_is_better) return;
  throw NotComparable(
      fmt::format("the figure \"{}\" of {} means something else in each file", a.title, scenario));
}

// Those of the one that leads, then what the other alone has.
std::vector<MetricRow> metrics_of(const ScenarioRows* before, const ScenarioRows* after) {
  if (after == nullptr) return before->metrics;
  std::vector<MetricRow> metrics = after->metrics;
  if (before == nullptr) return metrics;
  for (const MetricRow& metric : before->metrics) {
    const MetricRow* const other = find_metric(*after, metric.key);
    if (other == nullptr) {
      metrics.push_back(metric);
    } else {
      require_same_meaning(after->name, *other, metric);
    }
  }
  return metrics;
}

// A peer none of whose cells could be run has one row for all, which says why.
std::string failure_of_peer(const ScenarioRows* scenario, const std::string& peer) {
  if (scenario == nullptr || peer.empty()) return "";
  const auto stands_for_all = [&](const CaseRow& row) {
    return row.peer == peer && row.workers == 0 && row.variant.empty() && row.axis.empty() &&
           row.figures.empty() && !row.failure.empty();
  };
  const auto found = std::find_if(scenario->cases.begin(), scenario->cases.end(), stands_for_all);
  return found == scenario->cases.end() ? "" : found->failure;
}

// Both hold a scenario of this name, or one of them is null.
void compare_scenario(const ScenarioRows* before, const ScenarioRows* after, const Filter& filter,
                      std::vector<Difference>& found) {
  const ScenarioRows& leading = after == nullptr ? *before : *after;
  const std::vector<MetricRow> metrics = metrics_of(before, after);
  const auto wanted = [&](const CaseRow& row) {
    return filter.peers.empty() || matches_any(filter.peers, row.peer);
  };
  if (after != nullptr) {
    for (const CaseRow& row : after->cases) {
      if (!wanted(row)) continue;
      add_differences(leading, metrics, find_case(before, row), &row, row.failure, found);
    }
  }
  if (before == nullptr) return;
  for (const CaseRow& row : before->cases) {
    if (!wanted(row) || find_case(after, row) != nullptr) continue;
    add_differences(leading, metrics, &row, nullptr,
                    row.figures.empty() ? "" : failure_of_peer(after, row.peer), found);
  }
}

// One that could be told from chance if the runs were enough: not all runs of both are the same.
bool varies(const Difference& difference) {
  return difference.chance && difference.chance->least < 1;
}

double least_by_runs(const Difference& difference) {
  return least_chance(difference.before->runs.size(), difference.after->runs.size());
}

Verdict judge(const Difference& difference, bool real, double least_needed, double threshold) {
  const double before = difference.before->spread.median;
  const double after = difference.after->spread.median;
  const double apart = std::abs(after - before);
  const MetricRow& metric = difference.metric;
  if (apart <= metric.least_difference || apart <= threshold * std::abs(before)) {
    return Verdict::same;
  }
  if (real) return (after > before) == metric.more_is_better ? Verdict::better : Verdict::worse;
  return least_by_runs(difference) > least_needed ? Verdict::unsure : Verdict::same;
}

// Says of all that both files have whether it is real.
void judge_all(std::vector<Difference>& differences, double threshold) {
  // What can never be told from chance takes nothing from the others: that is known without a look
  // at who has which value.
  std::vector<double> ps;
  for (const Difference& each : differences) {
    if (each.chance && each.chance->least <= kFalseRate) ps.push_back(each.chance->p);
  }
  const std::vector<bool> real = real_ones(ps, kFalseRate);
  const double least_needed = kFalseRate / static_cast<double>(std::max<std::size_t>(ps.size(), 1));
  std::size_t next = 0;
  for (Difference& each : differences) {
    if (!each.chance) continue;
    const bool is_real = each.chance->least <= kFalseRate && real[next++];
    if (each.verdict != Verdict::failed) {
      each.verdict = judge(each, is_real, least_needed, threshold);
    }
  }
}

bool has_peer(const Results& results, const std::string& pattern) {
  for (const ScenarioRows& scenario : results.scenarios) {
    for (const CaseRow& row : scenario.cases) {
      if (matches_any({pattern}, row.peer)) return true;
    }
  }
  return false;
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
  for (const std::string& pattern : filter.peers) {
    if (!has_peer(before, pattern) && !has_peer(after, pattern)) {
      throw NotComparable(fmt::format("neither file has a peer \"{}\"", pattern));
    }
  }
  std::vector<Difference> found;
  for (const ScenarioRows& scenario : after.scenarios) {
    if (!chosen(filter.scenarios, scenario.name)) continue;
    compare_scenario(find_scenario(before, scenario.name), &scenario, filter, found);
  }
  for (const ScenarioRows& scenario : before.scenarios) {
    if (!chosen(filter.scenarios, scenario.name)) continue;
    if (find_scenario(after, scenario.name) != nullptr) continue;
    compare_scenario(&scenario, nullptr, filter, found);
  }
  const bool common = std::any_of(found.begin(), found.end(), [](const Difference& difference) {
    return difference.chance.has_value() || difference.verdict == Verdict::failed;
  });
  if (!common) throw NotComparable("the two files have no figure in common");
  judge_all(found, threshold);
  return found;
}

bool has_regression(const std::vector<Difference>& differences) {
  return std::any_of(differences.begin(), differences.end(),
                     [](const Difference& each) { return each.is_regression(); });
}

bool has_unsure(const std::vector<Difference>& differences) {
  return std::any_of(differences.begin(), differences.end(),
                     [](const Difference& each) { return each.verdict == Verdict::unsure; });
}

std::vector<std::string> doubts_about(const Results& before, const Results& after) {
  std::vector<std::string> doubts;
  const auto add = [&](const std::string& what, const std::string& changes) {
    if (!changes.empty()) doubts.push_back(fmt::format("{} ({})", what, changes));
  };
  // What a run says of itself; that it was cut short is said of all.
  const auto add_own = [&](const char* which, const Results& results) {
    for (const std::string& doubt : results.doubts) {
      if (doubt.starts_with("cut short by ")) continue;
      doubts.push_back(fmt::format("the {} run says of itself: {}", which, doubt));
    }
    add(fmt::format("the {} run was cut short", which), results.cut_short);
  };
  add_own("old", before);
  add_own("new", after);
  add("the machines differ",
      changed(before.machine, after.machine, {"processor", "memory", "kernel"}));
  add("the builds differ", changed(before.machine, after.machine, {"compiler", "build"}));
  add("what Muster is compared with differs",
      changed(before.machine, after.machine, {"tbb", "boost", "python"}));
  add("not as much was measured", changed(before.settings, after.settings, {"quick", "tasks"}));
  return doubts;
}

std::string doubt_about_runs(const std::vector<Difference>& differences) {
  const auto figures =
      static_cast<std::size_t>(std::count_if(differences.begin(), differences.end(), &varies));
  if (figures == 0) return "";
  const double needed = kFalseRate / static_cast<double>(figures);
  std::size_t weak = 0;
  const Difference* fewest = nullptr;
  for (const Difference& each : differences) {
    if (!varies(each) || least_by_runs(each) <= needed) continue;
    ++weak;
    if (fewest == nullptr || least_by_runs(each) > least_by_runs(*fewest)) fewest = &each;
  }
  if (fewest == nullptr) return "";
  std::size_t enough = 1;
  while (least_chance(enough, enough) > needed) ++enough;
  const std::size_t before = fewest->before->runs.size();
  const std::size_t after = fewest->after->runs.size();
  const std::string runs = before == after ? fmt::format("{} runs a side", before)
                                           : fmt::format("{} and {} runs", before, after);
  const std::string which = weak == figures
                                ? "a difference in a single one of them"
                                : fmt::format("a difference in a single one of {} of them", weak);
  return fmt::format(
      "with {} and {} figures {} cannot be told from chance (its p is {:.2g} at least, and would "
      "have to be {:.2g}): that takes {} runs a side, or fewer figures, chosen with --scenario and "
      "--peer",
      runs, figures, which, least_by_runs(*fewest), needed, enough);
}

}  // namespace bench
