#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bench/units.hpp"

namespace bench {

// An axis: where values stand on it, and its ticks.
class Scale {
 public:
  // From zero; logarithmic, and from a tick below the least value, where the values span more
  // than one and a half decades. Values of zero and less are not on a logarithmic axis.
  static Scale for_values(std::span<const double> values, Unit unit);
  // The same, logarithmic whatever they span.
  static Scale logarithmic(std::span<const double> values, Unit unit);
  // For what was set and not measured: from the least to the greatest, with a tick at each, or at
  // some of them; logarithmic where they span a factor of eight.
  static Scale for_steps(std::vector<double> steps);

  // 0 to 1. What lies beyond an end is at that end.
  double at(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  bool is_logarithmic() const { return logarithmic_; }

 private:
  Scale(double from, double to, bool logarithmic)
      : from_(from), to_(to), logarithmic_(logarithmic) {}

  void make_linear_ticks(Unit unit);
  void make_decade_ticks();
  void make_binary_ticks();

  double from_;
  double to_;
  bool logarithmic_;
  std::vector<double> ticks_;
};

}  // namespace bench
