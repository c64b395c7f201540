#pragma once

#include <signal.h>

namespace muster::detail {

// In the supervisor, right after its fork, and so in the workers, which it forks: every disposition
// at its default and nothing blocked, whatever the client had. But the signals with which a
// terminal would stop or end a process in the background are ignored: on Ctrl-C the client decides.
void reset_signals();

// Blocks every signal in a scope: a thread or process made in it starts with all blocked, so that
// no handler of the program's runs there.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t old_;
};

// "SIGSEGV"; "signal 77" for one without a name.
const char* signal_name(int signal);

}  // namespace muster::detail
