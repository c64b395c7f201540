#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <muster/detail/deadline.hpp>

namespace muster::detail {

// How long an item of one kind takes, as a mean in which old measurements fade. Thread safety:
// any; of two that note at once one may be lost.
class ItemTime {
 public:
  constexpr ItemTime() = default;

  std::optional<double> seconds() const {
    // Relaxed: a measurement, with nothing behind it.
    const double mean = mean_.load(std::memory_order_relaxed);
    return mean > 0 ? std::optional<double>(mean) : std::nullopt;
  }
  void note(double seconds_per_item);

 private:
  std::atomic<double> mean_{0};  // 0: nothing was measured
};

// One for each kind of chunk in the process.
template <class Chunk>
inline constinit ItemTime item_time_of{};

// Measures from its making.
class ItemTimer {
 public:
  explicit ItemTimer(ItemTime& time) : time_(time), began_(monotonic_ns()) {}

  void note(std::size_t items) const {
    if (items == 0) return;
    const std::int64_t took = monotonic_ns() - began_;
    time_.note(static_cast<double>(took) * 1e-9 / static_cast<double>(items));
  }

 private:
  ItemTime& time_;
  std::int64_t began_;
};

}  // namespace muster::detail
