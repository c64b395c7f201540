#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/duration.hpp>

#include "lib/telemetry/stack_record.hpp"
#include "stopped_threads.hpp"

namespace muster_tool {

struct MemoryCopy {
  std::uintptr_t begin = 0;
  std::string bytes;
};

// Of x86-64, in DWARF's order.
using Registers = std::array<std::uint64_t, muster::detail::kStackRegisters>;

struct ThreadCopy {
  pid_t thread = 0;
  std::optional<Registers> registers;  // none: the thread would not stop
  std::vector<MemoryCopy> stack;       // from where it is, outwards
  bool cut = false;                    // there is more of the stack than was copied
};

struct StackCopy {
  std::vector<ThreadCopy> threads;  // the main one first
  muster::Duration stopped_for;     // so long the process was stopped
};

// Copies the registers and the innermost MiB of the stacks of all threads of a process, which is
// stopped while that takes. A child of this process does it, in a session of its own, so that the
// other one goes on where this one is stopped meanwhile, by Ctrl-Z or SIGSTOP; where this one ends
// the child does, too, and where the child ends the kernel lets the other one go on. REQUIRES: one
// thread in this process. Throws CannotTrace.
StackCopy copy_stacks(pid_t pid, const IsMeant& is_meant);

}  // namespace muster_tool
