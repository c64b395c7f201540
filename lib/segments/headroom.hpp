#pragma once

#include <cstddef>

namespace muster::detail {

// Bytes that may still be allocated before the kernel would have to kill somebody: the least of
// what the machine and the memory cgroups of this process (v1 and v2) have left. SIZE_MAX where
// nothing can be told. Reads a few files: for rare, large allocations.
std::size_t memory_headroom();

}  // namespace muster::detail
