#pragma once

#include <cstdint>
#include <ctime>

namespace scaling {

inline std::int64_t nanoseconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

inline std::int64_t wall_ns() { return nanoseconds_of(CLOCK_MONOTONIC); }
// Processor time of the calling thread.
inline std::int64_t thread_ns() { return nanoseconds_of(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace scaling
