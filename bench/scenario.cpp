#include "bench/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/driver.hpp"
#include "bench/peers/peers.hpp"

namespace bench {

namespace {

// "10^6", "2000".
std::string power_of_ten(std::uint64_t number) {
  int zeros = 0;
  std::uint64_t left = number;
  for (; left >= 10 && left % 10 == 0; left /= 10) ++zeros;
  return left == 1 && zeros > 3 ? fmt::format("10^{}", zeros) : fmt::format("{}", number);
}

// "10^6 tasks", "64 MiB each", "8 threads". Workers stand in the label anyway.
std::string axis_text(const Cell& cell) {
  if (cell.axis == "tasks") return fmt::format("{} tasks", power_of_ten(cell.size));
  if (cell.axis == "threads") {
    return fmt::format("{} thread{}", cell.threads, cell.threads == 1 ? "" : "s");
  }
  return format_value(static_cast<double>(cell.payload), Unit::bytes) + " each";
}

}  // namespace

std::string Cell::label() const {
  std::vector<std::string> parts;
  if (!peer.empty()) parts.emplace_back(title_of(peer));
  if (workers != 0) parts.push_back(fmt::format("{} worker{}", workers, workers == 1 ? "" : "s"));
  if (!variant.empty()) parts.push_back(variant);
  if (!axis.empty() && axis != "workers") parts.push_back(axis_text(*this));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::uint64_t Cell::x() const {
  if (axis == "tasks") return size;
  if (axis == "workers") return workers;
  return axis == "threads" ? threads : payload;
}

void CaseResult::add(const Sample& sample) {
  for (const auto& [key, value] : sample.values()) values[key].push_back(value);
}

bool ScenarioResult::failed() const {
  return std::any_of(cases.begin(), cases.end(),
                     [](const CaseResult& one) { return !one.failure.empty(); });
}

bool ScenarioResult::has_figures() const {
  return std::any_of(cases.begin(), cases.end(),
                     [](const CaseResult& one) { return !one.values.empty(); });
}

bool Scenario::in_quick(const PeerEntry& peer, const Cell&) const { return peer.quick; }

void Scenario::run(Driver& driver, const Settings& settings, ScenarioResult& result) const {
  driver.run_in_turns(*this, runs(settings), result);
}

}  // namespace bench
