#include "bench/estimate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace bench {

namespace {

// Rounded, as an estimate is no more than that.
std::string duration_text(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  if (seconds < 10) return fmt::format("{:.0f} s", std::ceil(seconds));
  if (seconds < 1.5 * kMinute) return fmt::format("{:.0f} s", std::ceil(seconds / 10) * 10);
  if (seconds < 1.5 * kHour) return fmt::format("{:.0f} min", std::ceil(seconds / kMinute));
  return fmt::format("{:.1f} h", seconds / kHour);
}

}  // namespace

void Estimate::plan(const std::string& scenario, std::size_t cells, std::size_t runs) {
  plans_[scenario].cells.assign(cells, CellPlan{.pace = {}, .left = runs});
}

void Estimate::ran(const std::string& scenario, std::size_t cell, std::size_t runs, Seconds took) {
  CellPlan* const plan = find(scenario, cell);
  if (plan == nullptr) return;
  plan->pace.add(runs, took);
  plan->left -= std::min(plan->left, runs);
  plans_[scenario].pace.add(runs, took);
  pace_.add(runs, took);
}

void Estimate::drop(const std::string& scenario, std::size_t cell) {
  if (CellPlan* const plan = find(scenario, cell)) plan->left = 0;
}

std::string Estimate::left_text() const {
  if (pace_.runs == 0) return "";
  const Seconds usual = pace_.mean(Seconds(0));
  Seconds left{0};
  for (const auto& [name, scenario] : plans_) {
    const Seconds usual_here = scenario.pace.mean(usual);
    for (const CellPlan& cell : scenario.cells) {
      left += cell.pace.mean(usual_here) * static_cast<double>(cell.left);
    }
  }
  return duration_text(left.count()) + " left";
}

Estimate::CellPlan* Estimate::find(const std::string& scenario, std::size_t cell) {
  const auto found = plans_.find(scenario);
  if (found == plans_.end() || cell >= found->second.cells.size()) return nullptr;
  return &found->second.cells[cell];
}

}  // namespace bench
