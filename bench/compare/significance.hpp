#pragma once

#include <span>
#include <vector>

namespace bench {

// Whether two sets of runs of the same thing differ by more than chance makes them differ.
struct Chance {
  // How likely ranks at least as far apart are where both have the same distribution.
  double p = 1;
  // The least that p can be with as many runs and the same values tied.
  double least = 1;
};

// The two-sided test of Mann and Whitney (Wilcoxon's rank sum), which knows nothing of how the runs
// are distributed: exact, ties with it, up to 25 runs a side, and by its normal approximation
// beyond. REQUIRES: at least one run on each side.
Chance chance_of(std::span<const double> one, std::span<const double> other);

// The same without ties: what p is at least with so many runs on each side.
double least_chance(std::size_t one, std::size_t other);

// Which of many differences are real, by their p, where at most the fraction `rate` of those called
// real may be false on average: the step-up procedure of Benjamini and Hochberg.
std::vector<bool> real_ones(const std::vector<double>& ps, double rate);

}  // namespace bench
