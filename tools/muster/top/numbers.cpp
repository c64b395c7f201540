#include "numbers.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "tools/muster/text.hpp"

namespace muster_tool::top {

std::string short_number(double number) {
  constexpr std::array<std::string_view, 6> kUnits{"", "k", "M", "G", "T", "P"};
  if (!(number > 0)) return "0";
  std::size_t unit = 0;
  // What would be rounded to 1000 has the next unit.
  for (; number >= 999.5 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  if (number < 0.05) return "<0.1";
  return number < 9.95 && (unit != 0 || number != std::floor(number))
             ? fmt::format("{:.1f}{}", number, kUnits[unit])
             : fmt::format("{:.0f}{}", number, kUnits[unit]);
}

std::string short_number(std::optional<double> number) {
  return number ? short_number(*number) : "-";
}

std::string percent(std::optional<double> fraction) {
  return fraction ? fmt::format("{:.1f}", *fraction * 100) : "-";
}

std::optional<Quantiles> quantiles(const muster::LatencyHistogram& histogram) {
  if (histogram.empty()) return std::nullopt;
  return Quantiles{histogram.quantile(0.5), histogram.quantile(0.99)};
}

std::string describe(const std::optional<muster::Duration>& duration) {
  return duration ? muster_tool::describe(*duration) : "-";
}

}  // namespace muster_tool::top
