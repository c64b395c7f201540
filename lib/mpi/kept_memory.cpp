#include "lib/mpi/kept_memory.hpp"

#include <malloc.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "lib/common/fork_guard.hpp"
#include "lib/segments/headroom.hpp"

namespace muster::detail {

namespace {

constexpr std::size_t kWorthKeeping = std::size_t{1} << 20;
constexpr std::size_t kMostKept = std::size_t{256} << 20;

struct Kept {
  std::byte* memory = nullptr;
  std::size_t size = 0;
};
ForkSafeMutex kept_mutex;
// Under it.
constinit std::array<Kept, 8> kept{};
constinit std::size_t kept_bytes = 0;

}  // namespace

std::byte* take_memory(std::size_t size) noexcept {
  if (size >= kWorthKeeping) {
    const std::lock_guard lock(kept_mutex);
    for (Kept& one : kept) {
      if (one.memory == nullptr || one.size < size || one.size / 2 > size) continue;
      kept_bytes -= std::exchange(one.size, 0);
      return std::exchange(one.memory, nullptr);
    }
  }
  return allocate_for_writing(size);
}

void give_memory(const std::byte* given) noexcept {
  auto* const memory = const_cast<std::byte*>(given);
  const std::size_t size = memory == nullptr ? 0 : ::malloc_usable_size(memory);
  if (size >= kWorthKeeping) {
    const std::lock_guard lock(kept_mutex);
    for (Kept& one : kept) {
      if (one.memory != nullptr || kept_bytes + size > kMostKept) continue;
      one = {memory, size};
      kept_bytes += size;
      return;
    }
  }
  std::free(memory);
}

}  // namespace muster::detail
