#include "lib/inspect/pool_clock.hpp"

#include <algorithm>

namespace muster::detail {

namespace {
// With any duration behind it, it is far from where such numbers end.
constexpr std::int64_t kLatest = std::int64_t{1} << 62;
}  // namespace

std::chrono::system_clock::time_point system_time(std::int64_t realtime_ns) {
  using Clock = std::chrono::system_clock;
  return Clock::time_point(
      std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(realtime_ns)));
}

PoolClock::PoolClock(const PoolHeader& header)
    : created_ticks_(header.created_ticks),
      created_realtime_ns_(std::clamp<std::int64_t>(header.created_realtime_ns, 0, kLatest)),
      scale_(created_ticks_, header.created_monotonic_ns) {}

Duration PoolClock::duration(std::uint64_t ticks) const {
  return std::chrono::nanoseconds(scale_.nanoseconds(ticks));
}

Duration PoolClock::between(std::uint64_t earlier, std::uint64_t later) const {
  return duration(later - std::min(later, earlier));
}

std::chrono::system_clock::time_point PoolClock::at(std::uint64_t ticks) const {
  return system_time(created_realtime_ns_ + between(created_ticks_, ticks).nanoseconds());
}

}  // namespace muster::detail
