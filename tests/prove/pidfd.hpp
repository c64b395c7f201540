#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "lib/common/file_descriptor.hpp"
#include "lib/common/ticks.hpp"

namespace prove {

// Until one of them is ready. False: none was by then (CLOCK_MONOTONIC).
inline bool poll_until(pollfd* fds, nfds_t count, std::int64_t deadline_ns) {
  while (true) {
    const std::int64_t left =
        std::max<std::int64_t>(0, deadline_ns - muster::detail::monotonic_ns());
    const timespec time{left / 1'000'000'000, left % 1'000'000'000};
    const int ready = ::ppoll(fds, count, &time, nullptr);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// A process by a descriptor: its number may be another's a moment later.
class Pidfd {
 public:
  Pidfd() = default;
  explicit Pidfd(pid_t pid) : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

  explicit operator bool() const { return static_cast<bool>(fd_); }
  pid_t pid() const { return pid_; }
  int fd() const { return fd_.get(); }
  bool lives() const { return fd_ && !ends_by(0); }
  // False: it was there no more.
  bool signal(int number) const {
    return lives() && ::syscall(SYS_pidfd_send_signal, fd_.get(), number, nullptr, 0) == 0;
  }
  // Waits until then (CLOCK_MONOTONIC). True: it has ended.
  bool ends_by(std::int64_t deadline_ns) const {
    pollfd exited{fd_.get(), POLLIN, 0};
    return poll_until(&exited, 1, deadline_ns);
  }

 private:
  pid_t pid_ = 0;
  muster::detail::FileDescriptor fd_;
};

}  // namespace prove
