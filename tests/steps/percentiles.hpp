#pragma once

#include <vector>

namespace steps {

// Of at least one value, by nearest rank.
struct Percentiles {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

Percentiles percentiles_of(std::vector<double> values);

}  // namespace steps
