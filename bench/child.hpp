#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/sample.hpp"

namespace bench {

struct ChildResult {
  Sample sample;
  std::string failure;  // "": all is well
  bool in_time = true;  // false: that is the failure
};

// The file of this program, under a name that stays this file's while this process lives, whatever
// becomes of the one it was started by: it may be built anew in the midst of a run.
std::string own_executable();

// Runs a command (found by PATH) whose standard output is a Sample. What goes wrong in it, ended by
// a signal, an exit code, no end within `limit`, is its failure. Otherwise as run_program().
ChildResult run_child(const std::vector<std::string>& command, std::chrono::seconds limit);

}  // namespace bench
