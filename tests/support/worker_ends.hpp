#pragma once

// The ways in which a test's task ends the worker that runs it.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ostream>

namespace test_support {

enum class End { killed, terminated, segfault, aborted, exits_zero, exits_one };

inline constexpr End kAllEnds[] = {End::killed,  End::terminated, End::segfault,
                                   End::aborted, End::exits_zero, End::exits_one};

inline const char* name_of(End end) {
  switch (end) {
    case End::killed: return "Killed";
    case End::terminated: return "Terminated";
    case End::segfault: return "Segfault";
    case End::aborted: return "Aborted";
    case End::exits_zero: return "ExitsZero";
    case End::exits_one: return "ExitsOne";
  }
  return "?";
}

inline std::ostream& operator<<(std::ostream& out, End end) { return out << name_of(end); }

// The signal it ends by, or 0.
inline int signal_of(End end) {
  switch (end) {
    case End::killed: return SIGKILL;
    case End::terminated: return SIGTERM;
    case End::segfault: return SIGSEGV;
    case End::aborted: return SIGABRT;
    case End::exits_zero:
    case End::exits_one: break;
  }
  return 0;
}

// A fault of the machine, not a raise(): the handler sees it as a program's own error would be.
__attribute__((no_sanitize("address"), no_sanitize("undefined"))) inline void write_nowhere() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

[[noreturn]] inline void end_worker(End end) {
  switch (end) {
    case End::killed: ::kill(::getpid(), SIGKILL); break;
    case End::terminated: ::kill(::getpid(), SIGTERM); break;
    case End::segfault: write_nowhere(); break;
    case End::aborted: std::abort();
    case End::exits_zero: std::exit(0);
    case End::exits_one: std::exit(1);
  }
  // A signal to oneself has arrived when kill() returns, unless it was blocked or ignored.
  std::_Exit(113);
}

}  // namespace test_support
