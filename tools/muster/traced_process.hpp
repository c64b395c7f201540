#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include <muster/duration.hpp>

#include "cannot_trace.hpp"
#include "stopped_threads.hpp"

namespace muster_tool {

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

// Stops all threads of the process, copies their stacks and lets them go on (see stack_copy.hpp),
// and then looks where they were. Throws CannotTrace.
TracedStacks trace_stacks(pid_t pid, const IsMeant& is_meant);

}  // namespace muster_tool
