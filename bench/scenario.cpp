#include "bench/scenario.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/driver.hpp"
#include "bench/peers/peers.hpp"

namespace bench {

namespace {

template <class Number>
Number number_in(std::string_view field) {
  Number number = 0;
  const char* const end = field.data() + field.size();
  if (std::from_chars(field.data(), end, number).ptr != end || field.empty()) {
    throw MeasurementError(fmt::format("\"{}\" is not a number", field));
  }
  return number;
}

}  // namespace

std::string Cell::label() const {
  std::vector<std::string> parts;
  if (!peer.empty()) parts.emplace_back(title_of(peer));
  if (workers != 0) parts.push_back(fmt::format("{} worker{}", workers, workers == 1 ? "" : "s"));
  if (!variant.empty()) parts.push_back(variant);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string Cell::to_text() const {
  return fmt::format("{},{},{},{}", peer, workers, variant, size);
}

Cell Cell::from_text(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    fields.push_back(text.substr(0, text.find(',')));
    if (fields.back().size() == text.size()) break;
    text.remove_prefix(fields.back().size() + 1);
  }
  if (fields.size() != 4) {
    throw MeasurementError("a cell is PEER,WORKERS,VARIANT,SIZE, such as process,2,kept,1000000");
  }
  return {.peer = std::string(fields[0]),
          .workers = number_in<std::size_t>(fields[1]),
          .variant = std::string(fields[2]),
          .size = number_in<std::uint64_t>(fields[3])};
}

void CaseResult::add(const Sample& sample) {
  for (const auto& [key, value] : sample.values()) values[key].push_back(value);
}

bool ScenarioResult::failed() const {
  return std::any_of(cases.begin(), cases.end(),
                     [](const CaseResult& one) { return !one.failure.empty(); });
}

void Scenario::run(Driver& driver, const Settings& settings, ScenarioResult& result) const {
  driver.run_in_turns(*this, runs(settings), result);
}

}  // namespace bench
