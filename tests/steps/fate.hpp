#pragma once

#include <sys/types.h>

#include <cstdint>
#include <exception>
#include <string>

namespace steps {

// What a task's future has to come to, as the slot words said at the instant of the death.
struct Fate {
  bool dies = false;        // its word said running, and it has no retries
  bool runs_again = false;  // likewise, but it has
  pid_t worker = 0;         // that was killed; 0: nobody was
  std::uint64_t id = 0;     // of the task
  std::string name;
  std::int64_t submitted_ns = 0;  // on the monotonic clock: no task ran for longer than since then
};

// What is wrong with an error that a task with this fate has ended with; "": nothing.
std::string wrong_with_death(const std::exception_ptr& error, const Fate& fate);

}  // namespace steps
