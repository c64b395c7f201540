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

std::byte* map_slabs(std::size_t count) noexcept {
  // One more than asked for holds an aligned piece; the rest goes back.
  const std::size_t wanted = count * Slab::kBytes;
  void* place = ::mmap(nullptr, wanted + Slab::kBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(place);
  const std::size_t before = (0 - begin) % Slab::kBytes;
  std::byte* slabs = static_cast<std::byte*>(place) + before;
  if (before != 0) ::munmap(place, before);
  ::munmap(slabs + wanted, Slab::kBytes - before);
  return slabs;
}

void unmap_slab(void* place) noexcept { ::munmap(place, Slab::kBytes); }

}  // namespace muster::detail
