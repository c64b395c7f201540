#include "lib/segments/arena.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "lib/segments/geometry.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {
// What a block costs beside its bytes: header, alignment, the end marker of the tree.
constexpr std::size_t kOverhead = 4096;
// The longest step of doubling: past it that wastes more than it saves.
constexpr std::size_t kLongestStep = std::size_t{64} << 20;
// Of fewer bytes a hole is not worth a call of the kernel.
constexpr std::size_t kLeastHole = 64 * 1024;
}  // namespace

void Arena::reopen(std::size_t backed, std::vector<std::uint64_t> holes, std::size_t blocks) {
  if (backed == 0) return;
  buffer_.emplace(bip::open_only, base_, backed);
  backed_ = fresh_from_ = backed;
  blocks_ = blocks;
  holes_ = std::move(holes);
  std::erase_if(holes_, [&](std::uint64_t hole) { return hole >= backed; });
  for (const std::uint64_t hole : holes_) {
    punched_ += punched_in(hole);
    bytes_in_holes_ += size_of(at(hole));
  }
}

std::byte* Arena::allocate(std::size_t size) {
  if (size > capacity_) return nullptr;
  // The allocator gives no empty blocks.
  size = std::max<std::size_t>(size, kAlignment);
  while (true) {
    if (std::byte* block = take_free(size)) {
      ++blocks_;
      return block;
    }
    // A hole that is much larger costs more pages than it saves.
    if (!fill_hole_for(size, 4 * size + kLeastHole) && !grow(size) &&
        !fill_hole_for(size, capacity_)) {
      return nullptr;
    }
  }
}

std::byte* Arena::take_free(std::size_t size) {
  if (!buffer_) return nullptr;
  return static_cast<std::byte*>(buffer_->allocate_aligned(size, kAlignment, std::nothrow));
}

void Arena::free(std::byte* block) {
  buffer_->deallocate(block);
  --blocks_;
  if (free_bytes() <= trim_at_) return;
  trim(kept_ / 2);
  // What lies free in pieces too small to go back is not to be looked through each time.
  trim_at_ = buffer_ ? std::max(kept_, 2 * free_bytes()) : kept_;
}

bool Arena::is_first_use(const std::byte* block, std::size_t size) {
  const std::uint64_t at = offset_of(block);
  const bool first = at >= fresh_from_;
  fresh_from_ = std::max<std::size_t>(fresh_from_, at + size);
  return first;
}

void Arena::write(std::byte* place, const void* data, std::size_t size) const noexcept {
  if (!write_pages(fd_, fd_offset_ + offset_of(place), data, size)) std::memcpy(place, data, size);
}

// Who writes over the allocator's words is to harm nobody else.
std::size_t Arena::size_of(const std::byte* block) const {
  return std::min<std::size_t>(buffer_->get_segment_manager()->size(block),
                               backed_ - offset_of(block));
}

// The pages that lie within it as a whole, but for its first and its last: in front of it and
// behind it there is bookkeeping, and in its beginning once it is free.
std::size_t Arena::punched_in(std::uint64_t hole) const {
  const std::size_t begin = page_up(hole) + kPage;
  const std::size_t end = std::max(kPage, page_down(hole + size_of(at(hole)))) - kPage;
  return end > begin ? end - begin : 0;
}

// Fills the smallest hole that has room for a block of `size`, of at most `most` bytes. False:
// there is none, or no memory for it.
bool Arena::fill_hole_for(std::size_t size, std::size_t most) {
  std::size_t best = holes_.size();
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    const std::size_t room = size_of(at(holes_[i]));
    if (room < size + kOverhead || room > most) continue;
    if (best == holes_.size() || room < size_of(at(holes_[best]))) best = i;
  }
  return best != holes_.size() && fill(best);
}

bool Arena::fill(std::size_t index) {
  const std::uint64_t hole = holes_[index];
  const std::size_t gone = punched_in(hole);
  if (!allocate_pages(fd_, fd_offset_ + page_up(hole) + kPage, gone)) return false;
  punched_ -= gone;
  bytes_in_holes_ -= size_of(at(hole));
  holes_[index] = holes_.back();
  holes_.pop_back();
  buffer_->deallocate(base_ + hole);
  return true;
}

void Arena::trim(std::size_t keep) {
  if (!buffer_) return;
  if (blocks_ == 0 && keep == 0) return clear();
  try {
    holes_.reserve(backed_ / kLeastHole + 1);  // from here on nothing may fail
  } catch (const std::bad_alloc&) {
    return;
  }
  if (keep == 0) {
    // As one with what lies free beside them. The allocator writes nothing but into their first and
    // last pages, and nothing is taken from them before they are holes again.
    for (const std::uint64_t hole : holes_) buffer_->deallocate(base_ + hole);
    holes_.clear();
    punched_ = bytes_in_holes_ = 0;
    cut_end();
  }
  punch_holes(keep);
}

// Nobody has a block.
void Arena::clear() {
  release_pages(fd_, fd_offset_, backed_);
  buffer_.reset();
  holes_.clear();
  backed_ = punched_ = bytes_in_holes_ = fresh_from_ = 0;
  trim_at_ = kept_;
}

// What lies behind the last block.
void Arena::cut_end() {
  buffer_->get_segment_manager()->shrink_to_fit();
  // The allocator's own end stays where it is now: by a few bytes it must not grow
  // (rbtree_best_fit::grow() makes a block of them that is too small to be one).
  const std::size_t end = std::min(backed_, page_up(buffer_->get_size()));
  if (end < backed_) release_pages(fd_, fd_offset_ + end, backed_ - end);
  backed_ = end;
  fresh_from_ = std::min(fresh_from_, backed_);
}

// The largest first.
void Arena::punch_holes(std::size_t keep) {
  while (free_bytes() > keep) {
    std::size_t got = buffer_->get_size();  // more than there can be: the largest, all of it
    char* reused = nullptr;
    char* const found = buffer_->allocation_command<char>(
        bip::allocate_new | bip::nothrow_allocation, kLeastHole, got, reused);
    if (found == nullptr) return;
    const auto hole = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(found) - base_);
    if (hole >= backed_) return;  // its words were written over
    const std::size_t gone = punched_in(hole);
    release_pages(fd_, fd_offset_ + page_up(hole) + kPage, gone);
    holes_.push_back(hole);
    punched_ += gone;
    bytes_in_holes_ += size_of(at(hole));
  }
}

std::size_t Arena::in_use() const {
  return buffer_ ? buffer_->get_size() - free_bytes() - bytes_in_holes_ : 0;
}

// By as much as there is, for as long as that is not much; by what is needed where memory is short.
bool Arena::grow(std::size_t wanted) {
  const auto need = [&] {
    return std::min(capacity_ - backed_, page_up(std::max(kFirst, wanted + kOverhead)));
  };
  const bool sparing = pages() > sparing_at_ || need() > sparing_at_ - pages();
  if (sparing) trim();
  std::size_t step = need();
  if (!sparing) {
    // What is not used of a step lies free: no more than stays there when it is freed again.
    const std::size_t ahead = std::min({pages(), kLongestStep, kept_ / 4});
    step = std::min(capacity_ - backed_, std::max(step, page_up(ahead)));
  }
  for (const std::size_t more : {step, need()}) {
    if (more == 0 || !allocate_pages(fd_, fd_offset_ + backed_, more)) continue;
    if (buffer_) {
      buffer_->grow(backed_ + more - buffer_->get_size());
    } else {
      buffer_.emplace(bip::create_only, base_, more);
    }
    backed_ += more;
    return true;
  }
  return false;
}

}  // namespace muster::detail
