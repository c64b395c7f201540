#include "duration_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr std::array<Unit, 7> kUnits{
    {{"", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};

constexpr double kMostSeconds = 100.0 * 366 * 86400;

bool starts_a_number(std::string_view text) {
  if (text.starts_with('.')) text.remove_prefix(1);
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw UsageError(
      fmt::format("\"{}\" is no time: {}; such as 1.5 (seconds), 250ms, 10s, 5m and 2h are",
                  printable(text), why));
}

}  // namespace

muster::Duration parse_duration(std::string_view text) {
  // Else "inf" and "-1" would be numbers.
  if (!starts_a_number(text)) refuse(text, "it is to begin with a number that is not negative");
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc()) refuse(text, "its number is too large");
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const double seconds = number * unit.seconds;
    if (seconds > kMostSeconds) refuse(text, "it is longer than a hundred years");
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
  }
  refuse(text, "its unit is to be us, ms, s, m, h or d");
}

}  // namespace muster_tool
