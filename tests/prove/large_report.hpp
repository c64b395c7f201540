#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "prove/large_totals.hpp"
#include "prove/options.hpp"

namespace prove {

// The figures of the rounds with large data, for people and for programs.
std::string large_text(const LargeTotals& totals, const Options& options);
nlohmann::ordered_json large_json(const LargeTotals& totals, const Options& options);

// Each moment must be a part of the kills, or the run proves less than it says. "": it is.
std::string missing_moments(const LargeTotals& totals);

}  // namespace prove
