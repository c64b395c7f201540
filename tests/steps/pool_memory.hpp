#pragma once

#include <string>

#include "lib/inspect/pool_loader.hpp"

namespace steps {

// The memory of a pool of this process, mapped read-only as the status tool does. Throws
// std::runtime_error where it is not found.
muster::detail::LoadedPool load_own_pool(const std::string& name);

// Its control segment as this process, the client, may write it.
muster::detail::ControlView own_control(const std::string& name,
                                        const muster::detail::Geometry& geometry);

}  // namespace steps
