#pragma once

#include <string>

#include "lib/segments/views.hpp"

namespace steps {

// The control segment of a pool of this process as this process, the client, may write it.
muster::detail::ControlView own_control(const std::string& name,
                                        const muster::detail::Geometry& geometry);

}  // namespace steps
