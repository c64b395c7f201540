#pragma once

#include <cstdint>
#include <string>

#include "prove/pool_memory.hpp"

namespace prove {

// The pool's state for a person, line by line; with all that is known of one task of the soak.
std::string describe_pool(const PoolMemory& memory, std::uint64_t ticket);

}  // namespace prove
