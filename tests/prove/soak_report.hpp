#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "prove/options.hpp"
#include "prove/soak_round.hpp"
#include "prove/verdict.hpp"

namespace prove {

// The figures of a run, for people and for programs.
std::string soak_text(const SoakTotals& totals, const Verdict& verdict, const Options& options,
                      double seconds);
nlohmann::ordered_json soak_json(const SoakTotals& totals, const Verdict& verdict,
                                 const Options& options, double seconds);

// Each kind of instant must be a part of the kills, or the run proves less than it says. "": it is.
std::string missing_instants(const SoakTotals& totals);

}  // namespace prove
