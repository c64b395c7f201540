#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::detail {

// 64 KiB of blocks of one size. Found from the address of any of its blocks, because it is aligned
// to its own size; this header is its first 64 bytes. Under the depot's lock.
class alignas(64) Slab {
 public:
  static constexpr std::size_t kBytes = std::size_t{64} << 10;

  // REQUIRES: `place` is kBytes large and aligned to that.
  static Slab* make(void* place, std::size_t block_size);
  static Slab* of(void* block) {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(kBytes - 1));
  }

  bool full() const { return used_ == capacity_; }
  bool empty() const { return used_ == 0; }

  // REQUIRES: not full. Given back blocks first, then fresh ones in ascending order.
  void* take();
  void give(void* block);

  // The depot's list of slabs that are not full.
  Slab* prev = nullptr;
  Slab* next = nullptr;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  Slab(std::size_t block_size);

  FreeBlock* free_ = nullptr;
  std::uint32_t block_size_;
  std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  std::uint32_t fresh_ = 0;  // blocks from this one on were never given out
};

static_assert(sizeof(Slab) == 64, "the first block begins after the header");

// Memory for so many slabs, side by side, from the system. Null: there is none.
std::byte* map_slabs(std::size_t count) noexcept;
void unmap_slab(void* place) noexcept;

}  // namespace muster::detail
