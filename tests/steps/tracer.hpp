#pragma once

// A process made to go one instruction at a time (ptrace).
//
// A system call is one step, however long it sleeps. All calls by the thread that made the object:
// ptrace knows tracers by thread. The process need not be a child of this one; its parent hears of
// its end once this tracer has.

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <functional>

namespace steps {

class Tracer {
 public:
  enum class Stop {
    stepped,
    signalled,  // a signal came, which is not delivered
    ended,      // the process is gone
  };

  // Whether this process may trace at all, here and now.
  static bool permitted();

  // Stops the process; throws std::system_error where that is not permitted.
  explicit Tracer(pid_t pid);
  // The next child that `parent` forks, before its first instruction; `cause` makes it fork.
  Tracer(pid_t parent, const std::function<void()>& cause);
  // Lets it run, if it is there still.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Executes one instruction.
  Stop step();
  // SIGKILL, which no further instruction survives; returns when its parent can reap it.
  void kill();
  void let_go();

  pid_t pid() const { return pid_; }
  user_regs_struct registers() const;
  std::uintptr_t instruction() const { return registers().rip; }
  // About to make this system call.
  bool at_system_call(const user_regs_struct& registers, long number) const;
  // About to swap a word of 64 bits if it says what is expected (lock cmpxchg).
  bool at_locked_swap() const;
  // Stopped while it slept in this call, which it will enter again.
  bool slept_in(long number) const;

 private:
  bool wait_for_stop();

  pid_t pid_;
  int status_ = 0;
  bool attached_ = false;
};

}  // namespace steps
