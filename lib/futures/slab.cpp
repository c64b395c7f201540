#include "lib/futures/slab.hpp"

#include <sys/mman.h>

#include <new>

namespace muster::detail {

Slab::Slab(std::size_t block_size)
    : block_size_(static_cast<std::uint32_t>(block_size)),
      capacity_(static_cast<std::uint32_t>((kBytes - sizeof(Slab)) / block_size)) {}

Slab* Slab::make(void* place, std::size_t block_size) { return ::new (place) Slab(block_size); }

void* Slab::take() {
  ++used_;
  if (free_ != nullptr) {
    FreeBlock* block = free_;
    free_ = block->next;
    return block;
  }
  return reinterpret_cast<std::byte*>(this) + sizeof(Slab) +
         static_cast<std::size_t>(fresh_++) * block_size_;
}

void Slab::give(void* block) {
  --used_;
  free_ = ::new (block) FreeBlock{free_};
}

std::byte* map_region(bool huge) noexcept {
  // Twice as much holds an aligned piece; the rest goes back.
  constexpr std::size_t kBytes = Slab::kRegionBytes;
  void* place =
      ::mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(place)) % kBytes;
  std::byte* region = static_cast<std::byte*>(place) + before;
  if (before != 0) ::munmap(place, before);
  ::munmap(region + kBytes, kBytes - before);
  if (huge) ::madvise(region, kBytes, MADV_HUGEPAGE);  // a wish: without it pages are small
  return region;
}

void drop_pages(Slab* slab) noexcept {
  constexpr std::size_t kPage = 4096;
  // The first one has the header.
  ::madvise(reinterpret_cast<std::byte*>(slab) + kPage, Slab::kBytes - kPage, MADV_DONTNEED);
}

void unmap_region(void* place) noexcept { ::munmap(place, Slab::kRegionBytes); }

}  // namespace muster::detail
