#pragma once

// A process that is a worker as far as the kernel can tell: a child of this one. Asked where it is,
// it leaves its record as that is, raises the version by what stands beside it, and wakes who
// asked.

#include <sys/types.h>

#include "lib/segments/layout.hpp"

namespace fuzz {

class AnsweringWorker {
 public:
  // `record`: in memory that a child has as well.
  explicit AnsweringWorker(muster::detail::StackRecord& record);

  pid_t pid() const { return pid_; }
  // Before it is asked: an answer is complete if this is 2.
  void raises_by(std::uint8_t raise);

 private:
  muster::detail::StackRecord& record_;
  pid_t pid_;
};

}  // namespace fuzz
