#include "bench/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace bench {

namespace {

struct Scale {
  double one;
  std::string_view suffix;
};

constexpr std::array<Scale, 4> kRates = {{{1e9, " G/s"}, {1e6, " M/s"}, {1e3, " k/s"}, {1, " /s"}}};
constexpr std::array<Scale, 4> kTimes = {{{1, " s"}, {1e-3, " ms"}, {1e-6, " us"}, {1e-9, " ns"}}};
constexpr std::array<Scale, 4> kBytes = {
    {{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}}};
constexpr std::array<Scale, 4> kByteRates = {
    {{1 << 30, " GiB/s"}, {1 << 20, " MiB/s"}, {1 << 10, " KiB/s"}, {1, " B/s"}}};
constexpr std::array<Scale, 1> kPlain = {{{1, ""}}};

std::span<const Scale> scales_of(Unit unit) {
  switch (unit) {
    case Unit::per_second: return kRates;
    case Unit::bytes_per_second: return kByteRates;
    case Unit::seconds: return kTimes;
    case Unit::bytes: return kBytes;
    case Unit::count: break;
  }
  return kPlain;
}

// The largest of which there is at least one.
const Scale& scale_for(double value, Unit unit) {
  const auto scales = scales_of(unit);
  const auto fits = [&](const Scale& scale) { return std::abs(value) >= scale.one; };
  const auto found = std::find_if(scales.begin(), scales.end(), fits);
  return found == scales.end() ? scales.back() : *found;
}

std::string three_digits(double value) {
  const double size = std::abs(value);
  if (value == std::round(value) && size < 1e15) return fmt::format("{:.0f}", value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 1) return fmt::format("{:.2f}", value);
  return fmt::format("{:.2g}", value);
}

}  // namespace

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::per_second: return "per_second";
    case Unit::bytes_per_second: return "bytes_per_second";
    case Unit::seconds: return "seconds";
    case Unit::bytes: return "bytes";
    case Unit::count: break;
  }
  return "count";
}

std::string format_value(double value, Unit unit) {
  const Scale& scale = scale_for(value, unit);
  return three_digits(value / scale.one) + std::string(scale.suffix);
}

std::string format_spread(const Spread& spread, Unit unit) {
  const Scale& scale = scale_for(spread.median, unit);
  return fmt::format("{}{} [{} .. {}]", three_digits(spread.median / scale.one), scale.suffix,
                     three_digits(spread.lower / scale.one),
                     three_digits(spread.upper / scale.one));
}

std::string format_times(double times) {
  if (times >= 10) return fmt::format("{:.0f}", times);
  constexpr int kMostDigits = 6;
  std::string text;
  for (int digits = 2; digits <= kMostDigits; ++digits) {
    text = fmt::format("{:.{}f}", times, digits);
    if (!text.starts_with("1.") || text.find_first_not_of('0', 2) != text.npos) break;
  }
  return text;
}

}  // namespace bench
