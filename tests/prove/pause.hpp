#pragma once

#include <time.h>

#include <cstdint>

#include "lib/common/ticks.hpp"

namespace prove {

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
