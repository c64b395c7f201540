#pragma once

#include <span>
#include <vector>

namespace bench {

// The middle of some values and how far they lie apart.
struct Spread {
  double median = 0;
  double lower = 0;  // first quartile
  double upper = 0;  // third quartile
};

// The value below which the fraction `p` (0 to 1) of `sorted` lies, between two of them in
// proportion. REQUIRES: ascending order, and at least one value.
double quantile(std::span<const double> sorted, double p);

// REQUIRES: at least one value.
Spread spread_of(std::vector<double> values);

}  // namespace bench
