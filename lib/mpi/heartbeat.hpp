#pragma once

#include <algorithm>
#include <cstdint>

namespace muster::detail {

// Both ends of a link say so often that they are there that each notices where the other one is
// not: MPI itself may wait for ever for a host that cannot be reached any more.
//
// Silence is time in which this process looked and heard nothing. So one that was stopped itself,
// or a machine that slept, blames nobody when it goes on.
class Heartbeat {
 public:
  // Nanoseconds of silence after which the other end is lost; 0: never.
  explicit Heartbeat(std::int64_t limit_ns = 0) : limit_ns_(limit_ns) {}

  std::int64_t limit_ns() const { return limit_ns_; }
  bool is_on() const { return limit_ns_ > 0; }
  std::int64_t interval_ns() const {
    constexpr std::int64_t kShortest = 10'000'000;
    constexpr std::int64_t kLongest = 5'000'000'000;
    return std::clamp(limit_ns_ / 8, kShortest, kLongest);
  }

  // Something goes to the other end.
  void sent(std::int64_t now_ns) { sent_ns_ = now_ns; }
  // Nothing has for an interval.
  bool is_due(std::int64_t now_ns) const { return is_on() && now_ns - sent_ns_ >= interval_ns(); }

  // `heard` has grown if something has come from the other end since the last look. REQUIRES: all
  // that has come was received. True: it is lost.
  bool is_lost(std::uint64_t heard, std::int64_t now_ns) {
    if (heard != heard_ || looked_ns_ == 0) {
      heard_ = heard;
      silent_ns_ = 0;
    } else {
      silent_ns_ += std::min(now_ns - looked_ns_, interval_ns());
    }
    looked_ns_ = now_ns;
    return is_on() && silent_ns_ > limit_ns_;
  }

 private:
  std::int64_t limit_ns_;
  std::int64_t sent_ns_ = 0;
  std::int64_t looked_ns_ = 0;
  std::int64_t silent_ns_ = 0;
  std::uint64_t heard_ = 0;
};

}  // namespace muster::detail
