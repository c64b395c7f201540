#pragma once

#include <vector>

namespace muster::detail {

// The CPUs of this NUMA node that the program may use. Throws InvalidArgumentError where there is
// no such node, the program may not use it, or the build has no hwloc.
std::vector<unsigned> cpus_of_node(unsigned node);

}  // namespace muster::detail
