#pragma once

// Log-linear buckets: 32 for each doubling, so that a bucket is at most a 32nd of its lower end
// wide, and its middle at most 1.6% away from what lies in it. Below 32 each value has its own.
// Source: the layout of HdrHistogram, http://hdrhistogram.org.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

struct HistogramBuckets {
  static constexpr unsigned kLinearBits = 5;
  static constexpr std::uint64_t kLinear = std::uint64_t{1} << kLinearBits;
  // Values from 2^kBits on count as the largest below: in ticks of 3 GHz, a day.
  static constexpr unsigned kBits = 48;
  static constexpr std::size_t kCount = (kBits - kLinearBits + 1) * kLinear;

  static constexpr std::size_t index(std::uint64_t value) {
    if (value < kLinear) return static_cast<std::size_t>(value);
    if (value >> kBits != 0) return kCount - 1;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kLinearBits;
    return static_cast<std::size_t>(shift * kLinear + (value >> shift));
  }
  // The least value in it; of kCount, the first that is in none.
  static constexpr std::uint64_t low(std::size_t index) {
    if (index < 2 * kLinear) return index;
    const std::size_t shift = index / kLinear - 1;
    return (kLinear + index % kLinear) << shift;
  }
};

}  // namespace muster::detail
