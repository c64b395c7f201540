#pragma once

// The supervisor's death must be this process's: no orphan serves tasks.
//
// The kernel is asked for SIGKILL at the parent's death, and forgets it when this process changes
// what it may do (setuid and the like, prctl(2)), as an initializer or a task may. So it is asked
// again after the initializer and, while the worker has nothing to do, now and then; and whether
// the parent is there still is looked at each time.

#include <sys/types.h>

#include <cstdint>

#include "lib/common/deadline.hpp"

namespace muster::detail {

class ParentWatch {
 public:
  // REQUIRES: this process is, or was, a child of `parent`.
  explicit ParentWatch(pid_t parent) : parent_(parent) { renew(); }

  // Asks the kernel again; ends the process where the parent is gone.
  void renew();
  // The same where it was done a while ago. Costs a look at the time stamp counter.
  void renew_now_and_then();
  // When renew_now_and_then() is to be called at the latest, whatever happens meanwhile.
  Deadline next() const { return next_; }

 private:
  const pid_t parent_;
  Deadline next_;
  std::uint64_t renewed_ticks_ = 0;
};

}  // namespace muster::detail
