#include "bench/page/groups.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/page/markup.hpp"

namespace bench {

namespace {

std::string counted(double count, const char* what) {
  return fmt::format("{} {}{}", shown_count(count), what, count == 1 ? "" : "s");
}

std::string place_on_axis(const CaseRow& row) {
  if (row.axis == "tasks") return counted(row.x, "task");
  if (row.axis == "threads") return counted(row.x, "thread");
  if (row.axis == "payload_bytes") return shown_value(row.x, Unit::bytes);
  return "";  // workers are named anyway
}

std::string title_of(const CaseRow& row) {
  std::vector<std::string> parts;
  if (!row.variant.empty()) parts.push_back(row.variant);
  if (row.workers != 0) parts.push_back(counted(static_cast<double>(row.workers), "worker"));
  if (std::string place = place_on_axis(row); !place.empty()) parts.push_back(std::move(place));
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool belongs(const CaseRow& row, const Group& group, bool any_workers) {
  // A peer that is missing may be named once for all ways to play.
  if (row.variant.empty() && !row.missing.empty() && group.axis.empty()) return true;
  return row.variant == group.variant && row.axis == group.axis &&
         (any_workers || row.workers == group.workers) &&
         (row.axis == "workers" || row.x == group.x);
}

// For peers that are played in a way of their own, as those without futures: the process pool as
// it does first with as many workers.
const CaseRow* other_reference(const std::vector<Group>& groups, const Group& group) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& other) {
    return other.reference != nullptr && other.axis == group.axis && other.x == group.x &&
           other.workers == group.workers;
  });
  return found == groups.end() ? nullptr : found->reference;
}

std::string times(double ratio) {
  return ratio >= 2 && ratio < 10 ? fmt::format("{:.1f}×", ratio) : format_times(ratio) + "×";
}

const char* word_for(const MetricRow& metric, bool better) {
  if (metric.unit == Unit::bytes || metric.unit == Unit::count) {
    return better == metric.more_is_better ? "more" : "less";
  }
  return better ? "faster" : "slower";
}

}  // namespace

std::vector<Group> groups_of(const ScenarioRows& scenario) {
  std::vector<Group> groups;
  std::vector<const CaseRow*> everywhere;
  for (const CaseRow& row : scenario.cases) {
    if (row.peer.empty()) {  // micro-benchmarks are one list
      if (groups.empty()) groups.emplace_back();
      groups.front().rows.push_back(&row);
      continue;
    }
    if (row.workers == 0) {
      everywhere.push_back(&row);
      continue;
    }
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&](const Group& group) { return belongs(row, group, false); });
    Group& group = found == groups.end() ? groups.emplace_back() : *found;
    if (group.rows.empty()) {
      group.title = title_of(row);
      group.variant = row.variant;
      group.workers = row.workers;
      group.axis = row.axis;
      group.x = row.x;
    }
    group.rows.push_back(&row);
    if (row.peer == "process") group.reference = &row;
  }
  Group missing;
  missing.title = "missing here";
  // What has no number of workers uses all processors, and stands beside the most workers.
  std::size_t most = 0;
  for (const Group& group : groups) {
    if (group.axis.empty()) most = std::max<std::size_t>(most, group.workers);
  }
  for (const CaseRow* const row : everywhere) {
    bool placed = false;
    for (Group& group : groups) {
      if (!belongs(*row, group, true)) continue;
      if (row->missing.empty() && group.axis.empty() && group.workers < most) continue;
      group.rows.push_back(row);
      placed = true;
    }
    if (placed) continue;
    if (!row->missing.empty() && row->variant.empty()) {
      missing.rows.push_back(row);
      continue;
    }
    Group& alone = groups.emplace_back();
    alone.title = title_of(*row);
    alone.variant = row->variant;
    alone.axis = row->axis;
    alone.x = row->x;
    alone.rows.push_back(row);
  }
  if (!missing.rows.empty()) groups.push_back(std::move(missing));
  for (Group& group : groups) {
    if (group.reference == nullptr) group.reference = other_reference(groups, group);
  }
  return groups;
}

std::string shown_name(const CaseRow& row) {
  if (row.peer == "process") return "Muster process pool";
  if (row.peer == "thread") return "Muster thread pool";
  return row.name();
}

std::string against_reference(const Group& group, const CaseRow& row, const MetricRow& metric) {
  if (group.reference == nullptr || group.reference == &row || metric.is_amount()) return "";
  const Figure* const one = row.figure(metric.key);
  const Figure* const other = group.reference->figure(metric.key);
  if (one == nullptr || other == nullptr) return "";
  if (std::min(one->runs.size(), other->runs.size()) < kLeastRuns) return "";
  const Standing standing = standing_of(one->spread, other->spread, metric.more_is_better);
  if (standing == Standing::same) return "no real difference";
  const double median = std::abs(one->spread.median);
  const double reference = std::abs(other->spread.median);
  const double less = std::min(median, reference);
  const double more = std::max(median, reference);
  const std::string ratio = less > 0 ? times(more / less) + " " : "";
  return ratio + word_for(metric, standing == Standing::better);
}

}  // namespace bench
