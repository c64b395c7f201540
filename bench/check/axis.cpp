// Whether axes have a few ticks that lie on them, whatever the values are.
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/check/run_check.hpp"
#include "bench/page/scale.hpp"

namespace bench {

namespace {

constexpr std::size_t kMostTicks = 9;
constexpr std::array kUnits = {Unit::seconds, Unit::per_second, Unit::bytes, Unit::bytes_per_second,
                               Unit::count};

void require(bool holds, const Scale& scale, const std::string& what,
             const std::vector<double>& values) {
  if (holds) return;
  throw std::runtime_error(
      fmt::format("{} for {}: {}", what, fmt::join(values, ", "), fmt::join(scale.ticks(), ", ")));
}

void check(const Scale& scale, const std::vector<double>& values) {
  const auto& ticks = scale.ticks();
  require(!ticks.empty(), scale, "no ticks", values);
  require(ticks.size() <= kMostTicks, scale, "too many ticks", values);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    require(std::isfinite(ticks[i]), scale, "a tick that is no number", values);
    require(i == 0 || ticks[i] > ticks[i - 1], scale, "ticks in no order", values);
  }
  for (const double value : values) {
    const double at = scale.at(value);
    require(at >= 0 && at <= 1, scale, "a value beyond its axis", values);
  }
}

void run() {
  using Limits = std::numeric_limits<double>;
  std::vector<double> ends = {
      Limits::denorm_min(), Limits::min(), 1e-300, 1e-18, 1e-9, 0.3, 1, 7, 1000, 1e9, 1e18, 1e300,
      Limits::max()};
  for (const Unit unit : kUnits) {
    for (const double least : ends) {
      for (const double most : ends) {
        if (most < least) continue;
        const std::vector<double> values = {least, most};
        check(Scale::for_values(values, unit), values);
        check(Scale::logarithmic(values, unit), values);
        check(Scale::for_steps(values), values);
      }
    }
  }
}

}  // namespace

}  // namespace bench

int main() { return bench::run_check(&bench::run); }
