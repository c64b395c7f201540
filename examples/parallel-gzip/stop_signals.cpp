#include "stop_signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <span>

namespace parallel_gzip {
namespace {

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopSignals::StopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&stop, signal);
  }
  signals_ = Descriptor(signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_.get() < 0) throw_errno("cannot watch for signals");
  pthread_sigmask(SIG_BLOCK, &stop, &old_mask_);
}

StopSignals::~StopSignals() { pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr); }

void StopSignals::wait_readable(int fd) const {
  std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) throw_errno("cannot wait for input");
  }
  if (watched[1].revents == 0) return;

  signalfd_siginfo info = {};
  std::span<unsigned char> into(reinterpret_cast<unsigned char*>(&info), sizeof info);
  read_some(signals_.get(), into, "the signal that came");
  throw Interrupted(static_cast<int>(info.ssi_signo));
}

}  // namespace parallel_gzip
