#pragma once

#include <optional>

#include "bench/scenario.hpp"

namespace bench {

// How a case does beside Muster's process pool.
struct Comparison {
  const CaseResult* with = nullptr;  // the process pool's case
  double ratio = 1;                  // this case's median by the pool's
  bool enough = false;               // there were runs enough to tell
  bool real = false;                 // false: their quartiles overlap, or there were not
};

// Compares with the process pool's case of as many workers, played in the same way; where there is
// none (a peer without futures, a loop without workers), with its first case of as many workers, or
// of any. Empty for the process pool itself and where one of the two has no figure.
std::optional<Comparison> compare_with_process_pool(const ScenarioResult& result,
                                                    const CaseResult& one, const Metric& metric);

// "2.1 times better", "no real difference", "too few runs to tell"; "" where nothing is compared.
std::string comparison_text(const ScenarioResult& result, const CaseResult& one,
                            const Metric& metric);

}  // namespace bench
