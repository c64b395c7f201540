#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prove {

// The errors that a system call may well fail with; none for those that are left alone, because
// they cannot fail, or only for some of what they do (futex, whose wakes never fail), or because
// the C library gives up where they do.
std::vector<std::string_view> plausible_errors(std::string_view call);

}  // namespace prove
