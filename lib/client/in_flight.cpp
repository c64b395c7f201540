#include "lib/client/in_flight.hpp"

#include <algorithm>
#include <memory>

namespace muster::detail {

void InFlight::set_up(std::uint32_t slots) {
  slots_ = slots;
  shadows_ = std::allocator<Shadow>().allocate(slots);
  order_ = std::make_unique_for_overwrite<std::uint32_t[]>(2 * slots);
  mask_ = 2 * slots - 1;
  free_.reserve(slots);
  stragglers_.reserve(slots);
  straggler_positions_.reserve(slots);
}

InFlight::~InFlight() {
  for_each_used([this](std::uint32_t slot) { std::destroy_at(&shadows_[slot]); });
  if (shadows_ != nullptr) std::allocator<Shadow>().deallocate(shadows_, slots_);
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
