#include "lib/segments/arena.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {
// The first step of growth; also what the allocator's own bookkeeping fits in many times over.
constexpr std::size_t kFirst = 64 * 1024;
// What a block costs beside its bytes: header, alignment, the end marker of the tree.
constexpr std::size_t kOverhead = 4096;
// Not given back.
constexpr std::size_t kKept = std::size_t{256} << 20;
}  // namespace

void Arena::reopen(std::size_t backed) {
  if (backed == 0) return;
  buffer_.emplace(bip::open_only, base_, backed);
  backed_ = backed;
}

std::byte* Arena::allocate(std::size_t size) {
  if (size > capacity_) return nullptr;
  // The allocator gives no empty blocks.
  size = std::max<std::size_t>(size, kAlignment);
  while (true) {
    if (buffer_) {
      if (void* block = buffer_->allocate_aligned(size, kAlignment, std::nothrow)) {
        return static_cast<std::byte*>(block);
      }
    }
    if (!grow(size)) return nullptr;
  }
}

bool Arena::free(std::byte* block) {
  buffer_->deallocate(block);
  return backed_ > kKept && buffer_->get_free_memory() > backed_ / 2 && shrink();
}

// Gives back what lies behind the last block, but for what is kept.
bool Arena::shrink() {
  buffer_->get_segment_manager()->shrink_to_fit();
  const std::size_t used = buffer_->get_segment_manager()->get_size();
  const std::size_t target = std::max(kKept, (used + kFirst - 1) / kFirst * kFirst);
  if (target > used) buffer_->get_segment_manager()->grow(std::min(target, backed_) - used);
  if (target >= backed_) return false;
  release_pages(fd_, fd_offset_ + target, backed_ - target);
  backed_ = target;
  return true;
}

std::size_t Arena::in_use() const {
  return buffer_ ? buffer_->get_size() - buffer_->get_free_memory() : 0;
}

bool Arena::grow(std::size_t wanted) {
  const std::size_t need = std::max(kFirst, wanted + kOverhead);
  std::size_t target = std::max(2 * backed_, backed_ + std::bit_ceil(need));
  // Past a gigabyte doubling wastes more than it saves.
  constexpr std::size_t kStep = std::size_t{1} << 30;
  if (backed_ >= kStep) target = backed_ + (need + kFirst - 1) / kFirst * kFirst;
  target = std::min(target, capacity_);
  if (target <= backed_ || target - backed_ < std::min(need, capacity_ - backed_)) return false;
  if (!allocate_pages(fd_, fd_offset_ + backed_, target - backed_)) {
    // No room to double: what is needed and no more.
    target = std::min(backed_ + (need + kFirst - 1) / kFirst * kFirst, capacity_);
    if (target <= backed_ || !allocate_pages(fd_, fd_offset_ + backed_, target - backed_)) {
      return false;
    }
  }
  if (buffer_) {
    buffer_->grow(target - backed_);
  } else {
    buffer_.emplace(bip::create_only, base_, target);
  }
  backed_ = target;
  return true;
}

}  // namespace muster::detail
