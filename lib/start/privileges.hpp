#pragma once

#include <string>

namespace muster::detail {

// What the calling thread may do, as the kernel tells it: its users, groups and capabilities, and
// whether a seccomp filter or no_new_privs holds it. Two that are equal mean the same rights.
// Throws Error where that cannot be read.
std::string privileges();

// What differs between two of them, as "Uid was 0 0 0 0 and is 1000 1000 1000 1000; ...".
std::string changed_privileges(const std::string& before, const std::string& after);

}  // namespace muster::detail
