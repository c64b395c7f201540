#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::detail {

// 64 KiB of blocks of one size. Found from the address of any of its blocks, because it is aligned
// to its own size; this header is its first 64 bytes. Slabs come from the system and go back to it
// in regions of 2 MiB, likewise aligned, so that one page of the processor's may hold one. Under
// the depot's lock.
class alignas(64) Slab {
 public:
  static constexpr std::size_t kBytes = std::size_t{64} << 10;
  static constexpr std::size_t kRegionBytes = std::size_t{2} << 20;
  static constexpr std::size_t kRegionSlabs = kRegionBytes / kBytes;

  // REQUIRES: `place` is kBytes large and aligned to that.
  static Slab* make(void* place, std::size_t block_size);
  static Slab* of(void* block) {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(kBytes - 1));
  }

  // The first slab of the region, whose header counts for all.
  Slab* region() {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(this) & ~(kRegionBytes - 1));
  }
  Slab* in_region(std::size_t i) {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::byte*>(region()) + i * kBytes);
  }

  bool full() const { return used_ == capacity_; }
  bool empty() const { return used_ == 0; }

  // REQUIRES: not full. Given back blocks first, then fresh ones in ascending order.
  void* take();
  void give(void* block);

  // The depot's list of slabs that are not full.
  Slab* prev = nullptr;
  Slab* next = nullptr;
  // Of the region: slabs that are not in the depot's list of empty ones.
  std::uint32_t region_used = 0;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  explicit Slab(std::size_t block_size);

  FreeBlock* free_ = nullptr;
  std::uint32_t block_size_;
  std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  std::uint32_t fresh_ = 0;  // blocks from this one on were never given out
};

static_assert(sizeof(Slab) == 64, "the first block begins after the header");

// Memory for a region of slabs from the system; null: there is none. `huge`: in one page where the
// system has such, which saves 500 faults and many misses of the processor's address cache, but
// takes 2 MiB at once.
std::byte* map_region(bool huge) noexcept;
void unmap_region(void* place) noexcept;
// Gives the memory of an empty slab back, and keeps its addresses.
void drop_pages(Slab* slab) noexcept;

}  // namespace muster::detail
