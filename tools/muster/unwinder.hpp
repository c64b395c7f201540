#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "stack_copy.hpp"

namespace muster_tool {

struct Frames {
  // Innermost first, as Symbolizer wants them: the instruction that comes next, then calls.
  std::vector<std::uintptr_t> addresses;
  enum class End {
    outermost,
    cut,   // the others lie further out than the copy of the stack reaches
    many,  // there are more than are told
    // There may be others: on another stack, behind code without unwind information, or the stack
    // is spoilt.
    lost,
  };
  End end = End::lost;
};

// Finds the callers in a copy of a thread's stack, by the unwind information of the files that its
// process has mapped.
//
// Thread safety: one thread at a time.
class Unwinder {
 public:
  // Opens the files: the process may end afterwards.
  explicit Unwinder(pid_t pid);
  ~Unwinder();
  Unwinder(Unwinder&&) noexcept;
  Unwinder& operator=(Unwinder&&) noexcept;

  // Else the process is gone, or hides its files, and no more is found than where a thread is.
  bool knows_files() const;
  // REQUIRES: thread.registers.
  Frames frames(const ThreadCopy& thread);

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace muster_tool
