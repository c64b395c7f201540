#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/common/deadline.hpp"

namespace muster::detail {

// How long a thread that waits for MPI messages rests between two looks: MPI has no descriptor to
// sleep on. Right after something has happened it looks again at once, then it sleeps for longer
// and longer, up to a millisecond, which costs less than one percent of a processor. It does not
// give way by sched_yield(): beside programs that compute, that costs milliseconds each time, where
// one that sleeps for microseconds has its turn when they are over.
//
// While large messages move it looks again at once for longer, and never sleeps long: MPI moves
// them only while it is looked at.
class BackOff {
 public:
  static constexpr std::int64_t kLookNs = 3'000;
  static constexpr std::int64_t kShortestNs = 8'000;
  static constexpr std::int64_t kLongestNs = 1'000'000;
  static constexpr std::int64_t kMovingLookNs = 1'000'000;
  static constexpr std::int64_t kMovingLongestNs = 100'000;

  void worked() { last_ns_ = 0; }

  // 0: look again at once. Else nanoseconds to sleep.
  std::int64_t rest(bool moving) {
    const std::int64_t now = monotonic_ns();
    if (last_ns_ == 0) last_ns_ = now;
    const std::int64_t idle = now - last_ns_;
    if (idle < (moving ? kMovingLookNs : kLookNs)) return 0;
    // A twentieth of the time that has passed: who comes late waits no more than that in addition.
    return std::clamp(idle / 20, kShortestNs, moving ? kMovingLongestNs : kLongestNs);
  }

 private:
  std::int64_t last_ns_ = 0;  // when there was first nothing to do
};

}  // namespace muster::detail
