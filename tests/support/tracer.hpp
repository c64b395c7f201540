#pragma once

// A process made to go one instruction at a time (ptrace, on an x86-64).
//
// A system call is one step, however long it sleeps. All calls by the thread that made the object:
// ptrace knows tracers by thread. The process need not be a child of this one; its parent hears of
// its end once this tracer has.

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <functional>
#include <new>
#include <optional>

namespace test_support {

class Tracer {
 public:
  enum class Stop {
    stepped,
    signalled,  // a signal came, which is not delivered: signal()
    ended,      // the process is gone
  };

  // Whether this process may trace at all, here and now.
  static bool permitted();

  // Stops the process; throws std::system_error where that is not permitted.
  explicit Tracer(pid_t pid);
  // The same, but attached() is false where that is not permitted or the process is about to end.
  // One that a signal had stopped is stopped by it again when it is let go.
  Tracer(pid_t pid, std::nothrow_t);
  // The next child that `parent` forks, before its first instruction; `cause` makes it fork.
  Tracer(pid_t parent, const std::function<void()>& cause);
  // Lets it run, if it is there still.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Executes one instruction.
  Stop step();
  // Lets it run until it has written to these four bytes of its memory, or for about so long. The
  // processor watches them: false where it cannot.
  bool watch(std::uintptr_t address);
  // Nothing: it was so long.
  std::optional<Stop> run_for(std::int64_t nanoseconds);
  // SIGKILL, which no further instruction survives; returns when its parent can reap it.
  void kill();
  // With a signal that it stopped for, or without it.
  void let_go(int signal = 0);

  bool attached() const { return attached_; }
  pid_t pid() const { return pid_; }
  user_regs_struct registers() const;
  std::uintptr_t instruction() const { return registers().rip; }
  // About to make this system call.
  bool at_system_call(const user_regs_struct& registers, long number) const;
  // About to swap a word of 64 bits if it says what is expected (lock cmpxchg).
  bool at_locked_swap() const;
  // Stopped while it slept in this call, which it will enter again.
  bool slept_in(long number) const;
  // That it stopped for.
  int signal() const;

 private:
  void stop();
  bool trap_is_pending() const;
  bool set_watch(std::uintptr_t address, std::uintptr_t control);
  bool wait_for_stop();

  pid_t pid_;
  int status_ = 0;
  bool attached_ = false;
  bool watches_ = false;
};

}  // namespace test_support
