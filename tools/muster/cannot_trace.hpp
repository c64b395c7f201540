#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <string>

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

// Throws why the kernel has answered `error` where that process was to be traced.
[[noreturn]] void refuse_to_trace(pid_t pid, int error);

}  // namespace muster_tool
