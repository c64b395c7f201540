#pragma once

// A worker's process, as its parent knows it. The pid is its own until it is reaped, whether it has
// ended or not; so signals to pid and group reach nobody else.

#include <sys/types.h>

#include <cstdint>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// How long after SIGKILL the end of a process is waited for. It comes late where a system call does
// not let go of it (state D), as on a file server that is away.
inline constexpr std::int64_t kWriteOffNs = 5'000'000'000;

struct Child {
  pid_t pid = 0;  // 0: there is none
  FileDescriptor pidfd;
  std::uint64_t incarnation = 0;
  std::int64_t started_ns = 0;
  std::uint64_t killed_for = 0;      // Hint bits + 1 of the task that it got a signal for
  std::int64_t kill_at_ns = 0;       // when SIGKILL follows; 0: not due
  std::int64_t write_off_at_ns = 0;  // when nobody waits for its end any more; 0: not due

  // To the process and to all of its group.
  void signal(int number) const;
  // Whether it has ended, after at most so long.
  bool ends_within(std::int64_t ns) const;
  // Ends it, reaps it where that can be, and forgets it.
  void kill_and_reap();
};

}  // namespace muster::detail
