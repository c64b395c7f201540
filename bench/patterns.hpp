#pragma once

#include <string>
#include <vector>

namespace bench {

// Whether one of the patterns, as of a shell's file names, matches the name.
bool matches_any(const std::vector<std::string>& patterns, const std::string& name);

}  // namespace bench
