#pragma once

#include <signal.h>

#include <array>
#include <optional>

#include "lib/common/file_descriptor.hpp"

namespace muster_tool::top {

// For as long as it lives, these signals do nothing by themselves, and are read.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  // Readable where there is one.
  int fd() const { return fd_.get(); }
  // The next one; none where there is none.
  std::optional<int> take();

 private:
  static constexpr std::array kSignals{SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                       SIGTSTP, SIGCONT, SIGWINCH};

  sigset_t mask_before_{};
  std::array<struct sigaction, kSignals.size()> actions_before_{};
  muster::detail::FileDescriptor fd_;
};

// Lets the signal do what it does where nobody has said otherwise: end or stop this process.
// Returns where it goes on afterwards.
void deliver(int signal);

}  // namespace muster_tool::top
