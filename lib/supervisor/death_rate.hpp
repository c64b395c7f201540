#pragma once

// Whether workers die more often than the pool's options permit.

#include <cstdint>
#include <vector>

#include <muster/options.hpp>

namespace muster::detail {

class DeathRate {
 public:
  explicit DeathRate(RestartIntensity limit) : limit_(limit) {}

  // Counts a death. Times are monotonic, in nanoseconds, and never go back.
  bool exceeds_with_another(std::int64_t now) {
    if (limit_.deaths == 0) return false;
    times_.push_back(now);
    std::erase_if(times_, [&](std::int64_t t) { return now - t > limit_.within.nanoseconds(); });
    return times_.size() > limit_.deaths;
  }

 private:
  RestartIntensity limit_;
  std::vector<std::int64_t> times_;  // of those that count still
};

}  // namespace muster::detail
