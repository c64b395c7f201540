#pragma once

#include <chrono>
#include <cstdint>

#include <muster/duration.hpp>

#include "lib/common/ticks.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

// Nanoseconds since 1970.
std::chrono::system_clock::time_point system_time(std::int64_t realtime_ns);

// Times of what a pool's memory says in ticks, as far as they can be, whatever stands there.
class PoolClock {
 public:
  explicit PoolClock(const PoolHeader& header);

  double ns_per_tick() const { return scale_.ns_per_tick(); }
  Duration duration(std::uint64_t ticks) const;
  // 0 where it is the other way round.
  Duration between(std::uint64_t earlier, std::uint64_t later) const;
  std::chrono::system_clock::time_point at(std::uint64_t ticks) const;

 private:
  std::uint64_t created_ticks_;
  std::int64_t created_realtime_ns_;
  TickScale scale_;
};

}  // namespace muster::detail
