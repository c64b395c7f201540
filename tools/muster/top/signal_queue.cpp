#include "signal_queue.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace muster_tool::top {

SignalQueue::SignalQueue() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : kSignals) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &mask_before_);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    // Never called. Curses makes handlers of its own where there is none.
    struct sigaction none {};
    none.sa_handler = [](int) {};
    ::sigaction(kSignals[i], &none, &actions_before_[i]);
  }
  fd_ = muster::detail::FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

SignalQueue::~SignalQueue() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &actions_before_[i], nullptr);
  }
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

void deliver(int signal) {
  struct sigaction standard {};
  struct sigaction before {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, &before);
  sigset_t one;
  sigset_t mask;
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &one, &mask);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::sigaction(signal, &before, nullptr);
}

}  // namespace muster_tool::top
