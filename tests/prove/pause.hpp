#pragma once

#include <sys/prctl.h>
#include <time.h>

#include <cstdint>

#include "lib/common/ticks.hpp"

namespace prove {

// As long as it lives the sleeps of this thread end when they are to, and not some fifty
// microseconds later. Processes and threads that it makes meanwhile inherit it.
class ShortSleeps {
 public:
  ShortSleeps() : before_(::prctl(PR_GET_TIMERSLACK)) { ::prctl(PR_SET_TIMERSLACK, 1UL); }
  ~ShortSleeps() { ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_)); }
  ShortSleeps(const ShortSleeps&) = delete;
  ShortSleeps& operator=(const ShortSleeps&) = delete;

 private:
  const int before_;
};

// Roughly so long.
inline void sleep_for(std::uint32_t microseconds) {
  const timespec time{microseconds / 1'000'000, static_cast<long>(microseconds % 1'000'000) * 1000};
  ::nanosleep(&time, nullptr);
}

// So long, and hardly longer: the timer is too coarse for what is short.
inline void pause_for(std::int64_t nanoseconds) {
  constexpr std::int64_t kSpinNs = 60'000;
  const std::int64_t end = muster::detail::monotonic_ns() + nanoseconds;
  if (nanoseconds > kSpinNs) {
    sleep_for(static_cast<std::uint32_t>((nanoseconds - kSpinNs) / 1000));
  }
  while (muster::detail::monotonic_ns() < end) {
  }
}

}  // namespace prove
