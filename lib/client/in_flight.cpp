#include "lib/client/in_flight.hpp"

#include <algorithm>
#include <bit>

namespace muster::detail {

namespace {

// Slots are first used in steps of so many, and later in the order in which they were freed: two
// tasks in a row in neighbouring cache lines would have the processors fetch the line that the
// other one is about to write, whole rows of them ahead. Odd, so that every slot has its turn.
constexpr std::uint32_t kStride = 67;

}  // namespace

InFlight::InFlight(std::uint32_t slots) : shadows_(slots), order_(std::bit_ceil(2 * slots)) {
  mask_ = order_.size() - 1;
  free_.reserve(slots);
  for (std::uint32_t i = slots; i > 0; --i) free_.push_back((i - 1) * kStride & (slots - 1));
  stragglers_.reserve(slots);
  straggler_positions_.reserve(slots);
}

void InFlight::drop_oldest() {
  if (live(begin_)) {
    stragglers_.push_back(order_[begin_ & mask_]);
    straggler_positions_.push_back(begin_);
  }
  ++begin_;
}

std::uint32_t InFlight::middle() {
  // A few looks: most are live while the slots are full.
  std::uint64_t p = begin_ + (end_ - begin_) / 2;
  for (const std::uint64_t last = std::min(p + 8, end_); p < last; ++p) {
    if (live(p)) return order_[p & mask_];
  }
  return oldest();
}

std::uint32_t InFlight::oldest() {
  while (begin_ < end_ && !live(begin_)) ++begin_;
  for (std::size_t i = 0; i < stragglers_.size(); ++i) {
    if (shadows_[stragglers_[i]].position == straggler_positions_[i]) return stragglers_[i];
  }
  return begin_ < end_ ? order_[begin_ & mask_] : slots();
}

}  // namespace muster::detail
