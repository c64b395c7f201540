#include "bench/page/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>

namespace bench {

namespace {

constexpr double kLinearUpTo = 30;  // times the least value
constexpr std::size_t kMostTicks = 6;

std::vector<double> positive(std::span<const double> values) {
  std::vector<double> found;
  std::copy_if(values.begin(), values.end(), std::back_inserter(found),
               [](double value) { return value > 0; });
  // At the very ends of all numbers there is no room for a step and its parts.
  constexpr double kLeast = 1e-300;
  constexpr double kMost = 1e300;
  for (double& value : found) value = std::clamp(value, kLeast, kMost);
  std::sort(found.begin(), found.end());
  return found;
}

// Bytes are counted in powers of two, and so are their ticks.
bool is_binary(Unit unit) { return unit == Unit::bytes || unit == Unit::bytes_per_second; }

// 1, 2 or 5 times a power of ten.
double nice_above(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  constexpr std::array kSteps = {1.0, 2.0, 5.0, 10.0};
  for (const double step : kSteps) {
    if (step * power >= value * (1 - 1e-9)) return step * power;
  }
  return 10 * power;
}

double nice_below(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  if (5 * power <= value) return 5 * power;
  return 2 * power <= value ? 2 * power : power;
}

// Every second, third, ... so that not too many are left; the first stays.
std::vector<double> thinned(const std::vector<double>& ticks) {
  const std::size_t every = (ticks.size() + kMostTicks - 1) / kMostTicks;
  std::vector<double> left;
  for (std::size_t i = 0; i < ticks.size(); i += every) left.push_back(ticks[i]);
  return left;
}

}  // namespace

Scale Scale::for_values(std::span<const double> values, Unit unit) {
  const std::vector<double> sorted = positive(values);
  if (sorted.size() >= 2 && sorted.back() > kLinearUpTo * sorted.front()) {
    return logarithmic(values, unit);
  }
  const double most = sorted.empty() ? 1 : sorted.back();
  Scale scale(0, most, false);
  scale.make_linear_ticks(unit);
  return scale;
}

Scale Scale::logarithmic(std::span<const double> values, Unit unit) {
  const std::vector<double> sorted = positive(values);
  if (sorted.empty()) return for_values(values, unit);
  // The shortest bar is a bar, too.
  Scale scale(nice_below(sorted.front() * 0.8), nice_above(sorted.back()), true);
  if (is_binary(unit)) {
    scale.make_binary_ticks();
  } else {
    scale.make_decade_ticks();
  }
  return scale;
}

Scale Scale::for_steps(std::vector<double> steps) {
  constexpr double kLinearSteps = 8;
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  if (steps.empty()) steps.push_back(1);
  const bool logarithmic = steps.front() > 0 && steps.back() >= kLinearSteps * steps.front();
  Scale scale(steps.front(), steps.back(), logarithmic);
  // From the last on, which is how far it went, each that leaves room for its text.
  constexpr double kRoom = 0.17;
  for (const double step : std::views::reverse(steps)) {
    if (!scale.ticks_.empty() && scale.at(scale.ticks_.back()) - scale.at(step) < kRoom) continue;
    scale.ticks_.push_back(step);
  }
  std::reverse(scale.ticks_.begin(), scale.ticks_.end());
  return scale;
}

double Scale::at(double value) const {
  if (to_ <= from_) return 0.5;
  if (!logarithmic_) return std::clamp((value - from_) / (to_ - from_), 0.0, 1.0);
  if (value <= from_) return 0;
  return std::clamp((std::log(value) - std::log(from_)) / (std::log(to_) - std::log(from_)), 0.0,
                    1.0);
}

void Scale::make_linear_ticks(Unit unit) {
  constexpr double kSteps = 4;
  double one = 1;
  if (is_binary(unit)) one = std::pow(1024, std::floor(std::log2(to_) / 10));
  const double step = nice_above(to_ / one / kSteps) * one;
  const double count = std::ceil(to_ / step * (1 - 1e-9));
  to_ = count * step;
  for (int i = 0; i <= static_cast<int>(count); ++i) ticks_.push_back(i * step);
}

void Scale::make_decade_ticks() {
  const double decades = std::log10(to_) - std::log10(from_) - 1e-9;
  const auto first = static_cast<int>(std::floor(std::log10(from_)));
  const auto last = static_cast<int>(std::ceil(std::log10(to_)));
  for (int exponent = first; exponent <= last; ++exponent) {
    constexpr std::array kFine = {1.0, 2.0, 5.0};
    for (const double step : kFine) {
      if (step != 1 && decades > 2) continue;
      const double tick = step * std::pow(10, exponent);
      if (tick >= from_ * 0.9999 && tick <= to_ * 1.0001) ticks_.push_back(tick);
    }
  }
  ticks_ = thinned(ticks_);
}

void Scale::make_binary_ticks() {
  from_ = std::exp2(std::floor(std::log2(from_)));
  to_ = std::exp2(std::ceil(std::log2(to_) - 1e-9));
  const double doublings = std::log2(to_) - std::log2(from_);
  const double every = std::max(1.0, std::ceil(doublings / static_cast<double>(kMostTicks)));
  for (double at = 0; at <= doublings + 1e-9; at += every) {
    ticks_.push_back(std::exp2(std::log2(from_) + at));
  }
}

}  // namespace bench
