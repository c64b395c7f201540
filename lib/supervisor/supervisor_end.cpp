// How the supervisor ends a pool: all its workers, then itself.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <vector>

#include "lib/common/ticks.hpp"
#include "lib/supervisor/death_record.hpp"
#include "lib/supervisor/supervisor.hpp"

namespace muster::detail {

void Supervisor::break_pool(BreakCause cause, std::uint64_t record, const char* text, int signal) {
  Message message;
  message.kind = MessageKind::broken;
  message.cause = cause;
  message.number = record;
  message.code = signal;
  message.set_text(text);
  message.set_remain(end_all(signal).c_str());
  tell(message);
  leave();
}

void Supervisor::drop_heirs() {
  for (Child& heir : heirs_) {
    if (heir.pid != 0) heir.kill_and_reap();
  }
}

std::string Supervisor::end_all(int signal) {
  std::string remain;
  facts_.facts().ends_all.store(1);
  drop_heirs();
  if (signal != SIGKILL) {
    signal_all(signal);
    await_all(monotonic_ns() + setup_.kill_grace_ns, true);
  }
  // To the groups, also where the worker itself has ended: not one of its children stays.
  signal_all(SIGKILL);
  await_all(monotonic_ns() + kWriteOffNs, false);
  for (std::uint32_t i = 0; i < children_.size(); ++i) {
    Child& child = children_[i];
    if (child.pid == 0) continue;
    if (child.ends_within(0)) {
      reap_ended(child.pid);
    } else {
      remain += does_not_end(i, child.pid);
    }
    recovery_->end_tasks(i);
    facts_.worker(i).pid.store(0);
    child = Child{};
  }
  return remain;
}

void Supervisor::signal_all(int signal) const {
  for (const Child& child : children_) {
    if (child.pid != 0) child.signal(signal);
  }
}

// Until all workers have ended, or the deadline, or, where the client is heeded, it is gone or
// wants no grace any more.
void Supervisor::await_all(std::int64_t deadline, bool heed_client) const {
  std::vector<pollfd> fds;
  while (true) {
    fds.clear();
    for (const Child& child : children_) {
      if (child.pid != 0 && !child.ends_within(0)) fds.push_back({child.pidfd.get(), POLLIN, 0});
    }
    if (fds.empty()) return;
    if (heed_client) {
      fds.push_back({client_socket_.get(), POLLIN, 0});
      fds.push_back({client_pidfd_.get(), POLLIN, 0});
    }
    const std::int64_t left = deadline - monotonic_ns();
    if (left <= 0) return;
    const std::int64_t left_ms = std::min<std::int64_t>((left + 999'999) / 1'000'000, INT_MAX);
    if (::poll(fds.data(), fds.size(), static_cast<int>(left_ms)) <= 0 || !heed_client) continue;
    if (fds.back().revents != 0 || wants_no_grace()) return;
  }
}

bool Supervisor::wants_no_grace() const {
  while (true) {
    Message message;
    FileDescriptor unused;
    switch (receive_message(client_socket_.get(), message, unused)) {
      case ReceiveResult::none: return false;
      case ReceiveResult::closed: return true;
      // All others ask for less than what has begun.
      case ReceiveResult::message:
        if (message.kind == MessageKind::stop_workers && message.code == SIGKILL) return true;
    }
  }
}

void Supervisor::leave() { ::_exit(0); }

}  // namespace muster::detail
