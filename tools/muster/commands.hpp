#pragma once

#include <string>

#include "exit_code.hpp"

namespace muster_tool {

// The commands: each takes one look, prints it to standard output, and what it could not see to
// standard error.

// The pools of this user.
ExitCode list_pools(bool json);

// One pool and its workers. `words` names it: by its name, or by the pid of any of its processes.
ExitCode show_pool(const std::string& words, bool json);

}  // namespace muster_tool
