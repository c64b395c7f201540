#pragma once

#include <signal.h>

#include <muster/duration.hpp>

namespace muster_tool {

// For as long as it lives, SIGINT and SIGTERM do not end the program but are waited for. To be made
// before the threads, which inherit that.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // True: it is to stop, and was told so within that time, or before.
  bool wait_for(muster::Duration duration);
  void wait();

 private:
  sigset_t signals_{};
  sigset_t before_{};
  bool came_ = false;
};

}  // namespace muster_tool
