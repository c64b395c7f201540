#pragma once

#include <string>
#include <vector>

#include "tools/scaling/fit.hpp"
#include "tools/scaling/plan.hpp"

namespace scaling {

// A length of time in nanoseconds: "10 us"; 0 is "empty".
std::string length_text(double ns);
// Tasks a second: "1.25 M/s".
std::string rate_text(double rate);

// Tables of Markdown.
std::string costs_table(const Costs& costs);
std::string comparison_table(const std::vector<Comparison>& comparisons);

struct Prediction {
  Plan plan;
  Outcome outcome;
};
std::string prediction_table(const std::vector<Prediction>& predictions);

// Efficiency by ranks, a curve for each length and topology, as SVG.
std::string efficiency_chart(const std::vector<Prediction>& predictions);

}  // namespace scaling
