#include "lib/segments/growing_ring.hpp"

#include <algorithm>
#include <limits>

#include "lib/segments/geometry.hpp"

namespace muster::detail {

bool GrowingRing::make_room() {
  if (next_ >= ring_.size()) {
    room_ = std::numeric_limits<std::uint64_t>::max();
    return true;
  }
  const std::uint64_t begin = page_down(at_ + next_ * sizeof(EventEntry));
  const std::uint64_t end = page_up(at_ + ring_.size() * sizeof(EventEntry));
  const std::uint64_t step = std::min(growth_.step, end - begin);
  if (!growth_.allocate(fd_, begin, step)) {
    ring_ = {};
    return false;
  }
  const std::uint64_t behind =
      std::min<std::uint64_t>((begin + step - at_) / sizeof(EventEntry), ring_.size());
  room_ = behind - next_;
  next_ = behind;
  return true;
}

}  // namespace muster::detail
