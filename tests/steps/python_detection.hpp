#pragma once

#include <optional>
#include <string>
#include <vector>

namespace steps {

// The seconds from SIGKILL of a worker of Python's ProcessPoolExecutor, of so many megabytes, to
// BrokenProcessPool, each of a pool of its own. Nothing where there is no python3.
std::optional<std::vector<double>> python_detection(unsigned megabytes, unsigned kills);

}  // namespace steps
