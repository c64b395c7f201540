#include "bench/sample.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

namespace bench {

namespace {

// What is infinite, no number or too large for one is no figure: nothing can be compared with it,
// and no result file holds it.
bool read_number(std::string_view text, double& value) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end && std::isfinite(value);
}

}  // namespace

double Sample::get(std::string_view key) const {
  const auto found = values_.find(std::string(key));
  return found == values_.end() ? 0 : found->second;
}

std::string Sample::to_text() const {
  std::string text;
  for (const auto& [key, value] : values_) text += fmt::format("{} {}\n", key, value);
  return text;
}

Sample Sample::from_text(std::string_view text) {
  Sample sample;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    const auto space = line.find(' ');
    double value = 0;
    if (space == line.npos || !read_number(line.substr(space + 1), value)) {
      throw MeasurementError(fmt::format("printed \"{}\"", line));
    }
    sample.set(line.substr(0, space), value);
  }
  return sample;
}

void check_sum(std::uint64_t got, std::uint64_t expected) {
  if (got == expected) return;
  throw MeasurementError(
      fmt::format("the results add up to {} and not to {}: some are wrong", got, expected));
}

}  // namespace bench
