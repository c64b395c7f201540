#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/sample.hpp"

namespace bench {

struct ChildResult {
  Sample sample;
  std::string failure;  // "": all is well
};

// The file of this program.
std::string own_executable();

// Runs a command (found by PATH) whose standard output is a Sample. What goes wrong in it, ended by
// a signal, an exit code, no end within `limit`, is its failure. When it ends, or is killed for
// that, so is all that is left of its process group, which is its own. Throws
// std::system_error where no process can be made.
ChildResult run_child(const std::vector<std::string>& command, std::chrono::seconds limit);

}  // namespace bench
