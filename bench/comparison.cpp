#include "bench/comparison.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/statistics.hpp"

namespace bench {

namespace {

constexpr std::string_view kProcessPool = "process";

// How much two cases have in common; 0 if they have nothing to do with each other.
int likeness(const Cell& a, const Cell& b) {
  if (a.axis != b.axis || (!a.axis.empty() && (a.x() != b.x() || a.variant != b.variant))) return 0;
  int points = 1;
  if (a.workers == b.workers) points += 2;
  if (a.variant == b.variant) points += 1;
  return points;
}

const CaseResult* counterpart(const ScenarioResult& result, const CaseResult& one) {
  const CaseResult* best = nullptr;
  int most = 0;
  for (const CaseResult& other : result.cases) {
    if (other.cell.peer != kProcessPool) continue;
    const int points = likeness(one.cell, other.cell);
    // What has no number of workers uses all processors: it stands beside the most workers.
    if (points > most || (points == most && points != 0 && one.cell.workers == 0)) best = &other;
    most = std::max(most, points);
  }
  return best;
}

const std::vector<double>* values_of(const CaseResult& one, const Metric& metric) {
  const auto found = one.values.find(metric.key);
  return found == one.values.end() || found->second.empty() ? nullptr : &found->second;
}

}  // namespace

std::optional<Comparison> compare_with_process_pool(const ScenarioResult& result,
                                                    const CaseResult& one, const Metric& metric) {
  if (one.cell.peer == kProcessPool) return std::nullopt;
  const CaseResult* const other = counterpart(result, one);
  if (other == nullptr) return std::nullopt;
  const auto* const own = values_of(one, metric);
  const auto* const theirs = values_of(*other, metric);
  if (own == nullptr || theirs == nullptr) return std::nullopt;
  const Spread a = spread_of(*own);
  const Spread b = spread_of(*theirs);
  if (b.median == 0) return std::nullopt;
  const bool enough = std::min(own->size(), theirs->size()) >= kLeastRuns;
  return Comparison{other, a.median / b.median, enough, enough && !overlap(a, b)};
}

std::string comparison_text(const ScenarioResult& result, const CaseResult& one,
                            const Metric& metric) {
  const auto comparison = compare_with_process_pool(result, one, metric);
  if (!comparison || comparison->ratio <= 0) return "";
  if (!comparison->enough) return "too few runs to tell";
  if (!comparison->real) return "no real difference";
  const bool better = (comparison->ratio > 1) == metric.more_is_better;
  const double times = std::max(comparison->ratio, 1 / comparison->ratio);
  return fmt::format("{} times {}", format_times(times), better ? "better" : "worse");
}

}  // namespace bench
