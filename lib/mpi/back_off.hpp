#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/common/deadline.hpp"

namespace muster::detail {

// How long a thread that waits for MPI messages rests between two looks: MPI has no descriptor to
// sleep on. Right after something has happened it gives way and looks again, then it sleeps for
// longer and longer, up to a millisecond, which costs less than one percent of a processor.
class BackOff {
 public:
  static constexpr std::int64_t kGiveWayNs = 40'000;
  static constexpr std::int64_t kShortestNs = 15'000;
  static constexpr std::int64_t kLongestNs = 1'000'000;

  void worked() { last_ns_ = 0; }

  // 0: give way and look again. Else nanoseconds to sleep.
  std::int64_t rest() {
    const std::int64_t now = monotonic_ns();
    if (last_ns_ == 0) last_ns_ = now;
    const std::int64_t idle = now - last_ns_;
    if (idle < kGiveWayNs) return 0;
    // A twentieth of the time that has passed: who comes late waits no more than that in addition.
    return std::clamp(idle / 20, kShortestNs, kLongestNs);
  }

 private:
  std::int64_t last_ns_ = 0;  // when there was first nothing to do
};

}  // namespace muster::detail
