#include "support/tracer.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

#include "lib/common/ticks.hpp"

namespace test_support {

namespace {

// The signal of a stop that stands for an event and not for a signal (PTRACE_EVENT_STOP).
int event_of(int status) { return status >> 16; }

void check(long result, const char* what, pid_t pid) {
  if (result == 0) return;
  throw std::system_error(errno, std::generic_category(),
                          std::string(what) + " of process " + std::to_string(pid));
}

}  // namespace

bool Tracer::permitted() {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  if (child < 0) return false;
  const bool seized = ::ptrace(PTRACE_SEIZE, child, nullptr, nullptr) == 0;
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return seized;
}

Tracer::Tracer(pid_t pid) : pid_(pid) {
  check(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr), "tracing", pid);
  stop();
}

Tracer::Tracer(pid_t pid, std::nothrow_t) : pid_(pid) {
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0) stop();
}

void Tracer::stop() {
  attached_ = true;
  // Refused only of one that is about to end, which is waited for all the same: else its parent
  // would never hear of it.
  ::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr);
  wait_for_stop();
}

Tracer::Tracer(pid_t parent, const std::function<void()>& cause) : pid_(parent) {
  check(::ptrace(PTRACE_SEIZE, parent, nullptr, PTRACE_O_TRACEFORK), "tracing", parent);
  attached_ = true;
  cause();
  while (wait_for_stop() && event_of(status_) != PTRACE_EVENT_FORK) {
    // Its signals, SIGCHLD among them, go where they would have gone.
    const int signal = event_of(status_) == 0 ? WSTOPSIG(status_) : 0;
    ::ptrace(PTRACE_CONT, parent, nullptr, signal);
  }
  unsigned long child = 0;
  check(::ptrace(PTRACE_GETEVENTMSG, parent, nullptr, &child), "hearing of the child", parent);
  check(::ptrace(PTRACE_DETACH, parent, nullptr, nullptr), "letting go", parent);
  pid_ = static_cast<pid_t>(child);
  wait_for_stop();
}

Tracer::~Tracer() { let_go(); }

void Tracer::let_go(int signal) {
  // Else its next write there would end it when nobody traces it any more, as would the last one if
  // it came together with another stop.
  if (attached_ && watches_) set_watch(0, 0);
  while (attached_ && watches_ && trap_is_pending()) {
    ::ptrace(PTRACE_CONT, pid_, nullptr, std::exchange(signal, 0));
    wait_for_stop();
  }
  // Refused of one that somebody has killed: its parent hears of that once this one has.
  while (attached_ && ::ptrace(PTRACE_DETACH, pid_, nullptr, signal) != 0) wait_for_stop();
  attached_ = false;
}

// False: it is gone.
bool Tracer::wait_for_stop() {
  pid_t got = 0;
  do {
    got = ::waitpid(pid_, &status_, __WALL);
  } while (got < 0 && errno == EINTR);
  if (got != pid_ || !WIFSTOPPED(status_)) attached_ = false;
  return attached_;
}

Tracer::Stop Tracer::step() {
  do {
    if (!attached_ || ::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0) return Stop::ended;
    if (!wait_for_stop()) return Stop::ended;
  } while (event_of(status_) != 0);  // a stop for another reason: the instruction is still to come
  return WSTOPSIG(status_) == SIGTRAP ? Stop::stepped : Stop::signalled;
}

bool Tracer::set_watch(std::uintptr_t address, std::uintptr_t control) {
  constexpr std::size_t kAddress = offsetof(user, u_debugreg);
  constexpr std::size_t kControl = kAddress + 7 * sizeof(user::u_debugreg[0]);
  return ::ptrace(PTRACE_POKEUSER, pid_, kAddress, address) == 0 &&
         ::ptrace(PTRACE_POKEUSER, pid_, kControl, control) == 0;
}

bool Tracer::trap_is_pending() const {
  constexpr int kMost = 32;
  __ptrace_peeksiginfo_args from{0, 0, kMost};
  std::array<siginfo_t, kMost> pending;
  const long count = ::ptrace(PTRACE_PEEKSIGINFO, pid_, &from, pending.data());
  return std::any_of(pending.begin(), pending.begin() + std::max(count, 0L),
                     [](const siginfo_t& info) { return info.si_signo == SIGTRAP; });
}

bool Tracer::watch(std::uintptr_t address) {
  // The first address, on writes, of four bytes.
  watches_ = set_watch(address, 0b1101U << 16 | 1);
  return watches_;
}

std::optional<Tracer::Stop> Tracer::run_for(std::int64_t nanoseconds) {
  constexpr timespec kPause{0, 20'000};
  const std::int64_t end = muster::detail::monotonic_ns() + nanoseconds;
  if (!attached_ || ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr) != 0) return Stop::ended;
  while (true) {
    const pid_t got = ::waitpid(pid_, &status_, __WALL | WNOHANG);
    if (got == 0) {
      if (muster::detail::monotonic_ns() >= end) {
        stop();
        if (!attached_) return Stop::ended;
        break;
      }
      ::nanosleep(&kPause, nullptr);
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got != pid_ || !WIFSTOPPED(status_)) {
      attached_ = false;
      return Stop::ended;
    }
    if (event_of(status_) == 0) break;
    // Stopped for another reason: it is to run.
    if (::ptrace(PTRACE_CONT, pid_, nullptr, nullptr) != 0) return Stop::ended;
  }
  // What it was stopped for may have come before.
  if (event_of(status_) != 0) return std::nullopt;
  return WSTOPSIG(status_) == SIGTRAP ? Stop::stepped : Stop::signalled;
}

void Tracer::kill() {
  ::kill(pid_, SIGKILL);
  while (attached_) wait_for_stop();
}

user_regs_struct Tracer::registers() const {
  user_regs_struct registers{};
  check(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers), "reading the registers", pid_);
  return registers;
}

bool Tracer::at_system_call(const user_regs_struct& registers, long number) const {
  if (registers.rax != static_cast<unsigned long long>(number)) return false;
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKTEXT, pid_, registers.rip, nullptr);
  return errno == 0 && (word & 0xffff) == 0x050f;  // the instruction syscall
}

bool Tracer::at_locked_swap() const {
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKTEXT, pid_, instruction(), nullptr);
  return errno == 0 && (word & 0xffff'f0ff) == 0xb10f'40f0;  // lock, REX, cmpxchg
}

bool Tracer::slept_in(long number) const {
  const user_regs_struct now = registers();
  // A call that was interrupted once is entered again as restart_syscall.
  return now.orig_rax == static_cast<unsigned long long>(number) ||
         now.orig_rax == static_cast<unsigned long long>(SYS_restart_syscall);
}

int Tracer::signal() const { return event_of(status_) == 0 ? WSTOPSIG(status_) : 0; }

}  // namespace test_support
