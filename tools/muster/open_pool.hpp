#pragma once

#include <string>
#include <string_view>

#include <muster/inspect.hpp>

namespace muster_tool {

// A pool's name as tables have it: printable, and cut with an ellipsis where it is long.
std::string shown_name(std::string_view name);

// The pool that is meant by `words`: as muster::PoolInspector takes them, and also by its name as
// tables have it. Throws as that does.
muster::PoolInspector open_pool(const std::string& words, const muster::InspectOptions& options);

}  // namespace muster_tool
