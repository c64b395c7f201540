#include "steps/percentiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace steps {

Percentiles percentiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](double part) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
  };
  return {at(0.5), at(0.99), values.back()};
}

}  // namespace steps
