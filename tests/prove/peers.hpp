#pragma once

#include "prove/options.hpp"

namespace prove {

// Kills workers of other pools and prints what becomes of their tasks. The program's exit code:
// 0, whatever they do.
int run_peers(const Options& options);

}  // namespace prove
