#include <limits>
#include <string>

#include <muster/encoder.hpp>
#include <muster/error.hpp>

namespace muster {

void Encoder::make_room(std::size_t more) {
  const std::size_t used = size();
  if (more > std::numeric_limits<std::size_t>::max() - used) {
    throw EncodingError("a value of " + std::to_string(more) + " bytes is larger than any memory");
  }
  if (growth_ == nullptr) {
    throw EncodingError("a value of " + std::to_string(more) +
                        " more bytes does not fit into the " + std::to_string(end_ - begin_) +
                        " that there are");
  }
  begin_ = growth_->grow(begin_, used, used + more, end_);
  at_ = begin_ + used;
}

}  // namespace muster
