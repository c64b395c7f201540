#pragma once

#include <string>
#include <string_view>

namespace muster::detail {

// The name of a pool: the one asked for, or "pool-<n>" with n counting from 0 in this process.
std::string pool_name(std::string_view asked);

}  // namespace muster::detail
