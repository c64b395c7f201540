#pragma once

#include <string>
#include <vector>

#include "bench/options.hpp"
#include "bench/scenario.hpp"

namespace bench {

// All scenarios and peers.
Choices all_choices();

// Those of these names, in the order in which they run; without names all.
std::vector<const Scenario*> scenarios_named(const std::vector<std::string>& names);

// The scenarios, and the peers and which of them are missing.
std::string list_text();

}  // namespace bench
