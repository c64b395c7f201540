#pragma once

#include <string>
#include <vector>

#include "bench/page/groups.hpp"

namespace bench {

// All figures of a scenario: medians with quartiles, how they compare with Muster's process pool,
// runs, hot or cold; a row that says why for each peer without figures.
std::string table_html(const ScenarioRows& scenario, const std::vector<Group>& groups);

// The first figure of each comparison, Muster's beside the best of each kind of peer.
std::string glance_html(const Results& results);

}  // namespace bench
