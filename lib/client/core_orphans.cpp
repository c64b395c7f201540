// The processes of a pool whose supervisor is gone: the client ends them in its place.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <new>
#include <string>
#include <string_view>

#include "lib/client/process_core.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

// How long the workers of a dead supervisor are waited for.
constexpr std::int64_t kOrphansEndNs = 10'000'000'000;

bool ended_until(const FileDescriptor& pidfd, Deadline until) {
  pollfd exited{pidfd.get(), POLLIN, 0};
  while (true) {
    const std::int64_t left = until.remaining().nanoseconds();
    timespec timeout{};
    timeout.tv_sec = left / kNanosPerSecond;
    timeout.tv_nsec = left % kNanosPerSecond;
    const int ready = ::ppoll(&exited, 1, &timeout, nullptr);
    if (ready > 0) return true;
    if (until.expired()) return false;
  }
}

// Of a process whose parent died and that has ended: it is this one's where that is its namespace's
// first process, or a subreaper. ECHILD where it is not.
void reap_if_ours(const FileDescriptor& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG | __WALL) < 0 &&
         errno == EINTR) {
  }
}

// 0: not known.
pid_t parent_of(pid_t pid) {
  const std::string text = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  std::string_view rest = behind_name(text);
  if (rest.empty()) return 0;
  rest.remove_prefix(1);  // the state
  return static_cast<pid_t>(take_number(rest).value_or(0));
}

}  // namespace

// A worker for whose pidfd this process had no descriptor left: its predecessor's makes room for
// one. The pool ends of it; should the supervisor die just now, it ends no sooner than the worker.
void ProcessCore::watch_by_number(std::uint32_t worker, pid_t pid) noexcept {
  worker_pidfds_[worker].reset();
  worker_groups_[worker] = 0;
  FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  try {
    // Its parent has not reaped it, or the number was another's when the pidfd was opened.
    if (!pidfd || supervisor_ <= 0 || parent_of(pid) != supervisor_) return;
  } catch (const std::bad_alloc&) {
    return;  // it is not known whose the number is
  }
  worker_pidfds_[worker] = std::move(pidfd);
  worker_groups_[worker] = pid;
}

// By what the kernel says of the descriptor; 0 where the process is reaped, or there is no /proc.
pid_t ProcessCore::pid_of(const FileDescriptor& pidfd) {
  const std::string text = read_small_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  const std::size_t line = text.find("\nPid:");
  if (line == std::string::npos) return 0;
  return std::max(0, std::atoi(text.c_str() + line + 5));
}

// What the worker's tasks have started: the supervisor that would do it is gone. Nobody else's
// group has that number: a process keeps its own until it is reaped, and later the number is not
// given out again while one of the group is left; a process that has it then is none of ours.
void ProcessCore::kill_group(std::uint32_t worker) {
  const pid_t pid = worker_groups_[worker];
  const WorkerFacts& facts = facts_.worker(worker);
  // The supervisor had buried it, and its group before it.
  if (pid == 0 || facts.pid.load() != static_cast<std::uint32_t>(pid)) return;
  // One that has ended in order leaves running what its tasks have started.
  const WorkerRecord& record = results_.window(worker).record();
  if (record.incarnation.load() == facts.incarnation.load() &&
      record.phase.load() == WorkerPhase::ended) {
    return;
  }
  const bool reaped = pid_of(worker_pidfds_[worker]) != pid;
  if (reaped && (::kill(pid, 0) == 0 || errno != ESRCH)) return;
  ::kill(-pid, SIGKILL);
}

// `remain`: where to say who does not end, if there is memory for that.
void ProcessCore::await_orphans(std::string* remain) {
  // Whatever made us think that it is gone: now it does end its workers, and leaves.
  ::shutdown(socket_.get(), SHUT_RDWR);
  const Deadline until = Deadline::at(monotonic_ns() + kOrphansEndNs);
  // Its socket is closed before its children are given to another parent.
  const bool ended = supervisor_pidfd_ && ended_until(supervisor_pidfd_, until);
  for (std::size_t w = 0; w < worker_pidfds_.size(); ++w) {
    if (!worker_pidfds_[w]) continue;
    if (ended_until(worker_pidfds_[w], until)) {
      reap_if_ours(worker_pidfds_[w]);
    } else if (remain != nullptr) {
      *remain += does_not_end(static_cast<std::uint32_t>(w), pid_of(worker_pidfds_[w]));
    }
  }
  constexpr std::int64_t kUnadmittedEndNs = 1'000'000'000;
  if (ended) reap_unadmitted(std::max(until, Deadline::at(monotonic_ns() + kUnadmittedEndNs)));
}

// Of the one that the supervisor told of last.
bool ProcessCore::worker_has_ended(std::uint32_t worker) const {
  return worker_pidfds_[worker] && ended_until(worker_pidfds_[worker], Deadline::passed());
}

// The supervisor, which has ended, and those of its children that it had not admitted yet: they are
// in its group still, and this process's children where it is a subreaper. No news of them has
// come. They have no tasks and end at once, but for one that was stopped before it had asked the
// kernel for its signal.
void ProcessCore::reap_unadmitted(Deadline until) {
  siginfo_t info{};
  // As long as the supervisor is not reaped, the number of its group is nobody else's.
  const auto supervisor = static_cast<id_t>(supervisor_pidfd_.get());
  if (::waitid(P_PIDFD, supervisor, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) == 0) {
    ::kill(-supervisor_, SIGKILL);
  }
  while (true) {
    info.si_pid = 0;
    const int waited =
        ::waitid(P_PGID, static_cast<id_t>(supervisor_), &info, WEXITED | WNOHANG | __WALL);
    if (waited < 0 && errno != EINTR) return;
    if (waited < 0 || info.si_pid != 0) continue;
    // One that has not ended yet. The kernel has no wait with a deadline for a child without a
    // pidfd.
    if (until.expired()) return;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace muster::detail
