#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/comparison.hpp"

namespace bench {

// "faster", "larger", "same", "missing in the new file": as it is said of such a figure.
std::string_view verdict_text(const Difference& difference);

// A line for each figure and one that counts them; with `changes_only` without those that are the
// same.
std::string differences_text(const std::vector<Difference>& differences, bool changes_only);

// The same for programs.
std::string differences_json(const std::vector<Difference>& differences,
                             const std::vector<std::string>& doubts, double threshold);

}  // namespace bench
