#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "prove/ends_round.hpp"
#include "prove/options.hpp"

namespace prove {

// The figures of a run, for people and for programs.
std::string ends_text(const EndsTotals& totals, bool own_folders, double seconds);
nlohmann::ordered_json ends_json(const EndsTotals& totals, bool own_folders, const Options& options,
                                 double seconds);

// Each order of the roles must have occurred, or the run proves less than it says. "": it has.
std::string missing_order(const EndsTotals& totals);

}  // namespace prove
