#include "bench/scenario.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/driver.hpp"
#include "bench/peers/peers.hpp"

namespace bench {

namespace {

constexpr std::uint64_t kMostTasks = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMostThreads = 4095;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;

template <class Number>
Number number_in(std::string_view field, std::uint64_t most) {
  Number number = 0;
  const char* const end = field.data() + field.size();
  const auto [stopped, error] = std::from_chars(field.data(), end, number);
  if (stopped != end || field.empty() || error == std::errc::invalid_argument) {
    throw MeasurementError(fmt::format("\"{}\" is not a number", field));
  }
  if (error != std::errc() || number > most) {
    throw MeasurementError(fmt::format("{} is more than {}, the most there can be", field, most));
  }
  return number;
}

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

std::string Cell::to_text() const {
  std::string text = fmt::format("{},{},{},{}", peer, workers, variant, size);
  if (payload != 0 || threads != 1) text += fmt::format(",{},{}", payload, threads);
  return text;
}

Cell Cell::from_text(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    fields.push_back(text.substr(0, text.find(',')));
    if (fields.back().size() == text.size()) break;
    text.remove_prefix(fields.back().size() + 1);
  }
  if (fields.size() != 4 && fields.size() != 6) {
    throw MeasurementError(
        "a cell is PEER,WORKERS,VARIANT,SIZE, such as process,2,kept,1000000, or that with "
        ",PAYLOAD,THREADS after it");
  }
  Cell cell;
  cell.peer = fields[0];
  cell.workers = number_in<std::size_t>(fields[1], kMostThreads);
  cell.variant = fields[2];
  cell.size = number_in<std::uint64_t>(fields[3], kMostTasks);
  if (fields.size() == 6) {
    cell.payload = number_in<std::uint64_t>(fields[4], kMostBytes);
    cell.threads = number_in<std::size_t>(fields[5], kMostThreads);
  }
  return cell;
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
