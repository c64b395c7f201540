#include "lib/client/argument_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/copy_bytes.hpp"
#include "lib/sharing/block_registry.hpp"

namespace muster::detail {

namespace {

struct Scratch {
  alignas(64) std::array<std::byte, ArgumentBuffer::kScratch> bytes;
  bool in_use = false;  // an argument's codec may submit a task itself
};
thread_local Scratch scratch;

}  // namespace

ArgumentBuffer::ArgumentBuffer(Memory& memory, std::size_t size_hint) : memory_(memory) {
  begin_ = inline_.data();
  end_ = begin_ + inline_.size();
  if (size_hint <= inline_.size()) return;
  if (size_hint <= kScratch && !scratch.in_use) {
    use_scratch();
    return;
  }
  // Allocated at the first write: should it fail, that is a failure of encoding the task.
  end_ = begin_;
  size_hint_ = size_hint;
}

ArgumentBuffer::~ArgumentBuffer() {
  if (holds_scratch_) scratch.in_use = false;
  if (block_.data != nullptr) memory_.free_long(block_);
}

void ArgumentBuffer::use_scratch() {
  scratch.in_use = true;
  holds_scratch_ = true;
  begin_ = scratch.bytes.data();
  end_ = begin_ + kScratch;
}

ArgumentBuffer::Memory::Block ArgumentBuffer::take_block() { return std::exchange(block_, {}); }

BlockReference ArgumentBuffer::send(const std::shared_ptr<SharedBlock>& block) {
  shared_.push_back(block);
  return BlockRegistry::reference_of(*block);
}

void ArgumentBuffer::copy(std::byte* place, const void* data, std::size_t size) noexcept {
  if (block_.first_use) return memory_.write_long(place, data, size);
  copy_bytes(place, data, size);
}

std::byte* ArgumentBuffer::grow(std::byte* old, std::size_t used, std::size_t wanted,
                                std::byte*& new_end) {
  if (size_hint_ == 0 && wanted <= kScratch && !holds_scratch_ && !scratch.in_use &&
      block_.data == nullptr) {
    use_scratch();
    std::memcpy(begin_, old, used);
    new_end = end_;
    return begin_;
  }
  // In proportion, which keeps the copying within the cost of the writing; a large write is given
  // exactly.
  constexpr std::size_t kLarge = std::size_t{64} << 20;
  std::size_t size = std::max({wanted, size_hint_, used + (used < kLarge ? used : used / 2)});
  const Memory::Block bigger = [&] {
    try {
      return memory_.allocate_long(size);
    } catch (const EncodingError&) {
      if (size == wanted) throw;
      size = wanted;  // without room to grow
      return memory_.allocate_long(size);
    }
  }();
  std::memcpy(bigger.data, old, used);
  if (block_.data != nullptr) memory_.free_long(block_);
  block_ = bigger;
  begin_ = bigger.data;
  end_ = begin_ + size;
  new_end = end_;
  return begin_;
}

}  // namespace muster::detail
