#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace prove {

// How a program under strace ended, and all that it started.
struct TracedEnd {
  int exit_code = -1;  // -1 where a signal ended it
  int signal = 0;
  bool in_time = true;
  std::vector<std::string> left;  // processes that were there still: "pid name (state)"
  std::string output;             // the last of it
};

// Runs `arguments`, found by the path, for at most so many seconds; then it and all that descends
// from it is killed. REQUIRES: this process is the subreaper of its descendants.
TracedEnd run_traced(const std::vector<std::string>& arguments, int seconds);

// A file of strace's output, `strace -f -o`.
struct Trace {
  // By system call: how many times at most one of the traced processes makes it.
  std::map<std::string, unsigned> most;
  unsigned injected = 0;  // calls that strace made fail
};
// Throws std::runtime_error where it cannot be read.
Trace read_trace(const std::string& file);

}  // namespace prove
