#include "bench/interrupt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <system_error>

namespace bench {

namespace {

std::atomic<int> first_signal{0};
std::atomic<bool> impatient{false};
std::atomic<pid_t> started_group{0};
std::atomic<long long> first_at{0};
std::array<int, 2> ends = {-1, -1};

long long milliseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return 1000LL * now.tv_sec + now.tv_nsec / 1'000'000;
}

// These call nothing that a signal's handler may not.

bool is_first(int signal) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, signal)) return false;
  first_at = milliseconds_now();
  [[maybe_unused]] const ssize_t told = ::write(ends[1], "", 1);
  return true;
}

void on_later_signal(int signal) {
  // timeout(1) sends its signal to the program, and then to the group that the program is in.
  constexpr long long kSame = 100;
  if (signal == SIGPIPE || milliseconds_now() - first_at < kSame) return;
  const bool second = !impatient.exchange(true);
  if (started_group > 0) ::kill(-started_group, SIGKILL);
  constexpr int kBySignal = 128;
  if (!second) ::_exit(kBySignal + signal);
}

void on_signal(int signal) {
  const int error = errno;
  if (!is_first(signal)) on_later_signal(signal);
  errno = error;
}

}  // namespace

void catch_interrupts() {
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = &on_signal;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

int interruption() { return first_signal; }

void interrupt(int signal) { is_first(signal); }

bool is_impatient() { return impatient; }

std::string signal_name(int signal) { return std::string("SIG") + ::sigabbrev_np(signal); }

int interruption_fd() { return ends[0]; }

void end_with_program(pid_t group) { started_group = group; }

}  // namespace bench
