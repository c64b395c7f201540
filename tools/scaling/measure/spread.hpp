#pragma once

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/statistics.hpp"

namespace scaling {

// The median of some runs, their quartiles, and all of them.
inline nlohmann::json spread_json(std::vector<double> values) {
  const bench::Spread spread = bench::spread_of(values);
  return {{"median", spread.median},
          {"lower", spread.lower},
          {"upper", spread.upper},
          {"runs", std::move(values)}};
}

}  // namespace scaling
