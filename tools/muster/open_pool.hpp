#pragma once

#include <string>
#include <string_view>

#include <muster/inspect.hpp>

namespace muster_tool {

// A pool's name as tables have it: printable, and cut with an ellipsis where it is long.
std::string shown_name(std::string_view name);

// The pool that is meant by `words`: as muster::PoolInspector takes them, and also by its name as
// tables have it, or by a name that is longer than what the pool's memory keeps of it. Throws as
// that does, and says why a pool cannot be read in the words of notes.hpp.
muster::PoolInspector open_pool(const std::string& words, const muster::InspectOptions& options);

}  // namespace muster_tool
