#pragma once

#include <muster/options.hpp>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// The version of the kernel's Landlock; 0, and errno, where it has none.
int landlock_version();
// The first that can keep a task from shortening a file: that of Linux 6.2.
inline constexpr int kLeastLandlock = 3;

// A set of rules that allows this and no more, to be entered. Throws Error, with the path, where
// one of them cannot be made.
FileDescriptor landlock_rules(const FileRules& files);

// From now on they hold for this thread and what it makes, for good. REQUIRES no_new_privs. False,
// and errno, where the kernel refuses.
bool enter_landlock(const FileDescriptor& rules);

}  // namespace muster::detail
