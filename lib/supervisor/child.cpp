#include "lib/supervisor/child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/common/ticks.hpp"
#include "lib/supervisor/death_record.hpp"

namespace muster::detail {

void Child::signal(int number) const {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);  // it may have left the group
  ::kill(-pid, number);
  if (number == SIGKILL) return;
  // A stopped process would keep the signal for later.
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGCONT, nullptr, 0);
  ::kill(-pid, SIGCONT);
}

bool Child::ends_within(std::int64_t ns) const {
  pollfd exited{pidfd.get(), POLLIN, 0};
  timespec left{};
  left.tv_sec = ns / kNanosPerSecond;
  left.tv_nsec = ns % kNanosPerSecond;
  return ::ppoll(&exited, 1, &left, nullptr) > 0;
}

void Child::kill_and_reap() {
  signal(SIGKILL);
  reap(pid);
  *this = Child{};
}

}  // namespace muster::detail
