#include "bench/model/results.hpp"

namespace bench {

const Figure* CaseRow::figure(const std::string& key) const {
  const auto found = figures.find(key);
  return found == figures.end() ? nullptr : &found->second;
}

Standing standing_of(const Spread& one, const Spread& other, bool more_is_better) {
  if (overlap(one, other)) return Standing::same;
  return (one.median > other.median) == more_is_better ? Standing::better : Standing::worse;
}

}  // namespace bench
