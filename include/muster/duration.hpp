#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace muster {

// A span of time, made implicitly from any std::chrono::duration: 5s, 20ms, 0.5s.
// Inside it is a count of nanoseconds; what does not fit is clamped (292 years), and a
// NaN becomes zero, so that "forever" written as hours::max() or an infinite double is
// safe to pass.
class Duration {
 public:
  constexpr Duration() = default;

  template <class Rep, class Period>
  constexpr Duration(std::chrono::duration<Rep, Period> d)  // NOLINT(google-explicit-constructor)
      : ns_(to_nanoseconds(d)) {}

  constexpr std::int64_t nanoseconds() const { return ns_; }
  constexpr double seconds() const { return static_cast<double>(ns_) * 1e-9; }
  constexpr bool is_zero() const { return ns_ == 0; }
  constexpr operator std::chrono::nanoseconds() const {  // NOLINT(google-explicit-constructor)
    return std::chrono::nanoseconds(ns_);
  }

  friend constexpr bool operator==(Duration, Duration) = default;
  friend constexpr auto operator<=>(Duration, Duration) = default;

 private:
  template <class Rep, class Period>
  static constexpr std::int64_t to_nanoseconds(std::chrono::duration<Rep, Period> d) {
    // Through long double: 64 bits of mantissa hold every nanosecond count exactly.
    using Wide = std::chrono::duration<long double, std::nano>;
    const long double n = std::chrono::duration_cast<Wide>(d).count();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    if (!(n == n)) return 0;
    if (n >= static_cast<long double>(kMax)) return kMax;
    if (n <= -static_cast<long double>(kMax)) return -kMax;
    return static_cast<std::int64_t>(n);
  }

  std::int64_t ns_ = 0;
};

}  // namespace muster
