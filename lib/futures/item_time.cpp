#include <algorithm>

#include <muster/detail/item_time.hpp>

namespace muster::detail {

void ItemTime::note(double seconds_per_item) {
  const double mean = mean_.load(std::memory_order_relaxed);
  // A thread that lost its core while it measured is not to spoil the mean at once.
  constexpr double kOutlier = 8;
  double weight = mean == 0 ? 1 : 0.25;
  if (mean > 0 && seconds_per_item > mean * kOutlier) weight = 1.0 / 16;
  // The clock may say 0; that something was measured must show.
  constexpr double kLeast = 1e-10;
  mean_.store(std::max(mean + weight * (seconds_per_item - mean), kLeast),
              std::memory_order_relaxed);
}

}  // namespace muster::detail
