#include "steps/tracer.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

namespace steps {

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
  attached_ = true;
  // Refused only of one that is about to end, which is waited for all the same: else its parent
  // would never hear of it.
  ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
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

void Tracer::let_go() {
  // Refused of one that somebody has killed: its parent hears of that once this one has.
  while (attached_ && ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr) != 0) wait_for_stop();
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

}  // namespace steps
