#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <muster/duration.hpp>

namespace muster_tool {

// A process's stacks cannot be had by ptrace(2). what() is a sentence.
class CannotTrace : public std::runtime_error {
 public:
  enum class Reason { ended, permission, failed };
  CannotTrace(const std::string& what, Reason reason) : std::runtime_error(what), reason_(reason) {}
  Reason reason() const { return reason_; }

 private:
  Reason reason_;
};

struct ThreadStack {
  pid_t thread = 0;
  // Innermost first, as Symbolizer wants them. The outermost may be missing where the unwinder
  // lost its way, and all where the thread would not stop (in an uninterruptible wait).
  std::vector<std::uintptr_t> frames;
};

struct TracedStacks {
  std::vector<ThreadStack> threads;  // the main thread first
  muster::Duration stopped_for;      // so long the process was stopped
};

// Stops all threads of the process, reads their stacks and lets them go on. It is traced without a
// signal (PTRACE_SEIZE), so the kernel lets it go on as it was also where this process is killed
// meanwhile; where this process is stopped, the other one is for as long. `parent`: whose child it
// must be, for a pid may be another process's by now.
// Throws CannotTrace.
TracedStacks trace_stacks(pid_t pid, pid_t parent);

}  // namespace muster_tool
