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
// a signal, an exit code, no end within `limit`, is its failure. Otherwise as run_program().
ChildResult run_child(const std::vector<std::string>& command, std::chrono::seconds limit);

}  // namespace bench
