#include "lib/supervisor/child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/common/ticks.hpp"
#include "lib/supervisor/death_record.hpp"

namespace muster::detail {

void Child::signal(int number) const {
  const auto send = [this](int what) {
    // By itself, too: it may have left its group, or have none yet. It is not reaped: its number is
    // nobody else's.
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), what, nullptr, 0) != 0) ::kill(pid, what);
    ::kill(-pid, what);
  };
  send(number);
  // A stopped process would keep the signal for later.
  if (number != SIGKILL) send(SIGCONT);
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
  if (ends_within(kWriteOffNs)) reap_ended(pid);
  *this = Child{};
}

}  // namespace muster::detail
