#include <string>

#include <muster/detail/shared_block.hpp>
#include <muster/encoder.hpp>
#include <muster/error.hpp>

namespace muster {

void Encoder::make_room(std::size_t more) {
  const std::size_t used = size();
  if (more > kMost - used) {
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

detail::BlockReference Encoder::send_block(const std::shared_ptr<detail::SharedBlock>& block) {
  detail::BlockSender* const sender = growth_ != nullptr ? growth_->blocks() : nullptr;
  if (sender == nullptr) {
    throw EncodingError(
        "a SharedArray travels in the arguments and the result of a task, and in nothing else: "
        "not in an exception, nor where a program encodes by itself");
  }
  return sender->send(block);
}

}  // namespace muster
