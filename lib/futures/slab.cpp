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

void* map_slab() noexcept {
  // Twice as much holds an aligned piece; the rest goes back. The kernel puts mappings side by
  // side, so mostly what comes is aligned already and the second attempt is not needed.
  constexpr int kProt = PROT_READ | PROT_WRITE;
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
  void* place = ::mmap(nullptr, Slab::kBytes, kProt, kFlags, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(place) % Slab::kBytes == 0) return place;
  ::munmap(place, Slab::kBytes);
  place = ::mmap(nullptr, 2 * Slab::kBytes, kProt, kFlags, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(place);
  const std::uintptr_t aligned = (begin + Slab::kBytes - 1) & ~(Slab::kBytes - 1);
  auto* const kept = static_cast<std::byte*>(place) + (aligned - begin);
  if (kept != place) ::munmap(place, aligned - begin);
  if (const std::size_t rest = begin + Slab::kBytes - aligned; rest != 0)
    ::munmap(kept + Slab::kBytes, rest);
  return kept;
}

void unmap_slab(void* place) noexcept { ::munmap(place, Slab::kBytes); }

}  // namespace muster::detail
