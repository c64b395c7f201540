#include "lib/common/signals.hpp"

#include <pthread.h>
#include <string.h>

#include <array>
#include <cstdio>

namespace muster::detail {

void reset_signals() {
  struct sigaction action {};
  for (int signal = 1; signal < NSIG; ++signal) {
    const bool ignored = signal == SIGINT || signal == SIGTTOU || signal == SIGTTIN;
    action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    // SIGKILL, SIGSTOP and the C library's own refuse; that is as it should be.
    ::sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &old_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &old_, nullptr); }

const char* signal_name(int signal) {
  if (const char* abbreviation = ::sigabbrev_np(signal)) {
    thread_local std::array<char, 32> name;
    std::snprintf(name.data(), name.size(), "SIG%s", abbreviation);
    return name.data();
  }
  thread_local std::array<char, 32> number;
  std::snprintf(number.data(), number.size(), "signal %d", signal);
  return number.data();
}

}  // namespace muster::detail
