#include "bench/model/results.hpp"

#include <cmath>

namespace bench {

const Figure* CaseRow::figure(const std::string& key) const {
  const auto found = figures.find(key);
  return found == figures.end() ? nullptr : &found->second;
}

Standing standing_of(const Spread& one, const Spread& other, bool more_is_better,
                     double least_difference) {
  if (one.lower <= other.upper && other.lower <= one.upper) return Standing::same;
  const double least = least_difference * std::abs(other.median);
  if (std::abs(one.median - other.median) <= least) return Standing::same;
  return (one.median > other.median) == more_is_better ? Standing::better : Standing::worse;
}

}  // namespace bench
