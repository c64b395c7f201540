#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <muster/error.hpp>
#include <muster/shared.hpp>

#include "lib/common/copy_bytes.hpp"
#include "lib/sharing/block_registry.hpp"

namespace muster::detail {

namespace {

// Writes where it will be read: into a block, made anew as it fills.
class BlockGrowth final : public Growth, private BlockSender {
 public:
  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override {
    std::shared_ptr<SharedBlock> bigger =
        SharedBlock::make(std::max({wanted, 2 * used, std::exchange(expected_, 0)}));
    std::copy_n(old, used, bigger->data());
    block_ = std::move(bigger);
    new_end = block_->data() + block_->size();
    return block_->data();
  }
  void expect(std::size_t size) noexcept override { expected_ = size; }
  void copy(std::byte* place, const void* data, std::size_t size) noexcept override {
    copy_bytes(place, data, size);
  }
  BlockSender* blocks() noexcept override { return this; }

  // No larger than a quarter more than `used`.
  std::shared_ptr<SharedBlock> take(const std::byte* begin, std::size_t used) {
    if (block_ == nullptr || block_->size() / 5 * 4 > used) {
      auto exact = SharedBlock::make(std::max<std::size_t>(used, 1));
      std::copy_n(begin, used, exact->data());
      block_ = std::move(exact);
    }
    block_->broadcast(std::move(names_));
    return std::move(block_);
  }

 private:
  BlockReference send(const std::shared_ptr<SharedBlock>& block) override {
    if (std::ranges::find(names_, block) == names_.end()) names_.push_back(block);
    return BlockRegistry::reference_of(*block);
  }

  std::shared_ptr<SharedBlock> block_;
  std::vector<std::shared_ptr<SharedBlock>> names_;
  std::size_t expected_ = 0;
};

class OwnBlocks final : public BlockReceiver {
 public:
  std::shared_ptr<SharedBlock> receive(const BlockReference& reference,
                                       SharedBlock::Access access) override {
    if (auto block = BlockRegistry::find(reference.id, access)) return block;
    throw EncodingError("a shared value names an array in shared memory that is gone");
  }
};

std::uint64_t new_number() {
  std::uint64_t number = 0;
  // Whole, once the system has its entropy; only a signal before that interrupts it.
  while (::getrandom(&number, sizeof(number), 0) < 0 && errno == EINTR) {
  }
  return number;
}

}  // namespace

SharedBytes encode_to_share(void (*encode)(Encoder& out, const void* value), const void* value) {
  BlockGrowth growth;
  alignas(64) std::byte few[64];
  Encoder out(few, few + sizeof(few), &growth);
  encode(out, value);
  const std::size_t size = out.size();
  return {growth.take(out.data(), size), size, new_number()};
}

BlockReceiver& blocks_of_this_process() {
  static OwnBlocks all;
  return all;
}

void throw_shares_nothing() {
  throw InvalidStateError("a muster::Shared that shares nothing was asked for its value");
}

void throw_bad_share(std::uint64_t size, std::uint64_t block) {
  throw EncodingError("a shared value of " + std::to_string(size) + " bytes does not lie in the " +
                      std::to_string(block) + " bytes of shared memory that it came with");
}

}  // namespace muster::detail
