#pragma once

#include "prove/options.hpp"

namespace prove {

// The soak's load and random kills for other pools too, as a table of what becomes of them. `count`
// of the options: how many kills of each pool, as far as it takes them.
int run_peers(const Options& options);

}  // namespace prove
