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
  stragglers_.reserve(2 * slots);
}

InFlight::~InFlight() {
  for_each_used([this](std::uint32_t slot) { std::destroy_at(&shadows_[slot]); });
  if (shadows_ != nullptr) std::allocator<Shadow>().deallocate(shadows_, slots_);
}

void InFlight::drop_oldest() {
  if (live(begin_)) pass_over(begin_);
  ++begin_;
}

// Once for each task: no more of them are live than there are slots.
void InFlight::pass_over(std::uint64_t position) noexcept {
  if (stragglers_.size() == 2 * std::size_t{slots_}) {
    std::erase_if(stragglers_, [this](const Straggler& each) { return !live(each); });
  }
  stragglers_.push_back({order_[position & mask_], position});
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
  for (const Straggler& each : stragglers_) {
    if (live(each)) return each.slot;
  }
  return begin_ < end_ ? order_[begin_ & mask_] : slots();
}

}  // namespace muster::detail
