#pragma once

#include <time.h>

#include <compare>
#include <cstdint>
#include <limits>

#include <muster/duration.hpp>

namespace muster::detail {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// Nanoseconds on CLOCK_MONOTONIC.
inline std::int64_t monotonic_ns() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * kNanosPerSecond + t.tv_nsec;
}

// A point on CLOCK_MONOTONIC, or never. Every wait takes one of these and not a time span, so
// that a wait that is woken for nothing goes on for what is left and no longer.
class Deadline {
 public:
  // Never.
  constexpr Deadline() = default;

  static constexpr Deadline never() { return Deadline(); }
  // Already over: asks without waiting.
  static constexpr Deadline passed() { return Deadline(0); }
  static constexpr Deadline at(std::int64_t monotonic_nanoseconds) {
    return Deadline(monotonic_nanoseconds);
  }
  // Zero and negative spans are over at once; what lies beyond the clock's range is never.
  static Deadline after(Duration span) {
    if (span.nanoseconds() <= 0) return passed();
    const std::int64_t now = monotonic_ns();
    if (span.nanoseconds() >= kNever - now) return never();
    return Deadline(now + span.nanoseconds());
  }

  constexpr bool is_never() const { return ns_ == kNever; }
  bool expired() const { return ns_ == 0 || (!is_never() && monotonic_ns() >= ns_); }
  // Zero when it is over; Duration's maximum for never.
  Duration remaining() const {
    if (is_never()) return std::chrono::nanoseconds::max();
    const std::int64_t left = ns_ == 0 ? 0 : ns_ - monotonic_ns();
    return std::chrono::nanoseconds(left > 0 ? left : 0);
  }
  constexpr std::int64_t nanoseconds() const { return ns_; }
  constexpr timespec absolute() const {
    timespec t{};
    t.tv_sec = static_cast<time_t>(ns_ / kNanosPerSecond);
    t.tv_nsec = static_cast<decltype(t.tv_nsec)>(ns_ % kNanosPerSecond);
    return t;
  }

  friend constexpr bool operator==(Deadline, Deadline) = default;
  friend constexpr auto operator<=>(Deadline, Deadline) = default;

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit constexpr Deadline(std::int64_t ns) : ns_(ns) {}

  std::int64_t ns_ = kNever;
};

}  // namespace muster::detail
