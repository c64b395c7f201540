#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "lib/common/deadline.hpp"

namespace muster::detail {

// Nanoseconds since 1970.
inline std::int64_t realtime_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<std::int64_t>(t.tv_sec) * kNanosPerSecond + t.tv_nsec;
}

// A clock that costs a third of clock_gettime, in a unit of its own: the time stamp counter, which
// on every x86-64 of this century runs at one rate on all cores. Elsewhere nanoseconds.
inline std::uint64_t ticks_now() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(monotonic_ns());
#endif
}

// Turns ticks into nanoseconds by two readings of both clocks: one from when the pool was made
// and one from now. Good once a millisecond lies between them.
class TickScale {
 public:
  TickScale(std::uint64_t ticks_then, std::int64_t ns_then)
      : TickScale(ticks_then, ns_then, ticks_now(), monotonic_ns()) {}
  TickScale(std::uint64_t ticks_then, std::int64_t ns_then, std::uint64_t ticks, std::int64_t ns)
      : ns_per_tick_((static_cast<double>(ns) - static_cast<double>(ns_then)) /
                     (static_cast<double>(ticks) - static_cast<double>(ticks_then))) {
    // No time between the two, or readings that cannot be.
    if (!(ns_per_tick_ > 0 && ns_per_tick_ < kSlowest)) ns_per_tick_ = 1.0;
  }

  // At most 2^61, some 73 years, whatever the ticks and the readings are.
  std::int64_t nanoseconds(std::uint64_t ticks) const {
    return static_cast<std::int64_t>(
        std::min(static_cast<double>(ticks) * ns_per_tick_, static_cast<double>(kMost)));
  }
  double ns_per_tick() const { return ns_per_tick_; }

 private:
  static constexpr std::int64_t kMost = std::int64_t{1} << 61;
  static constexpr double kSlowest = 1e6;

  double ns_per_tick_;
};

}  // namespace muster::detail
