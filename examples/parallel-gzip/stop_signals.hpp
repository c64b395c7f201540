#pragma once

#include <csignal>

#include "descriptor.hpp"

namespace parallel_gzip {

// Thrown when a signal asked the program to end, so that unwinding removes the unfinished file.
class Interrupted {
 public:
  explicit Interrupted(int signal) : signal_(signal) {}
  int signal() const { return signal_; }

 private:
  int signal_;
};

// While one lives, SIGINT, SIGTERM and SIGHUP (unless ignored) wait to be noticed by
// wait_readable() instead of ending the program. Make it before any thread, which then inherits
// the mask. The destructor lets the signals through again.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  // Returns when fd can be read without waiting. Throws Interrupted when a signal came.
  void wait_readable(int fd) const;

 private:
  sigset_t old_mask_;
  Descriptor signals_;
};

}  // namespace parallel_gzip
