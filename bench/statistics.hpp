#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bench {

// The middle of some values and how far they lie apart.
struct Spread {
  double median = 0;
  double lower = 0;  // first quartile
  double upper = 0;  // third quartile
};

// Of fewer runs there are no quartiles to speak of, and nothing is compared.
inline constexpr std::size_t kLeastRuns = 3;

// Whether the quartile ranges have a value in common: such two are not told apart.
inline bool overlap(const Spread& one, const Spread& other) {
  return one.lower <= other.upper && other.lower <= one.upper;
}

// The value below which the fraction `p` (0 to 1) of `sorted` lies, between two of them in
// proportion. REQUIRES: ascending order, and at least one value.
double quantile(std::span<const double> sorted, double p);

// REQUIRES: at least one value.
Spread spread_of(std::vector<double> values);

}  // namespace bench
