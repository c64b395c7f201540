#include "lib/mpi/argument_bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/segments/headroom.hpp"

namespace muster::detail {

namespace {

// Memory of arguments that were sent, for the next that are about as long.
constexpr std::size_t kWorthKeeping = std::size_t{1} << 20;
constexpr std::size_t kMostKept = std::size_t{256} << 20;
struct Kept {
  std::byte* memory = nullptr;
  std::size_t size = 0;
};
ForkSafeMutex kept_mutex;
constinit std::array<Kept, 4> kept{};  // under it

std::byte* kept_for(std::size_t size) {
  const std::lock_guard lock(kept_mutex);
  for (Kept& one : kept) {
    if (one.memory != nullptr && one.size >= size && one.size / 2 <= size) {
      one.size = 0;
      return std::exchange(one.memory, nullptr);
    }
  }
  return nullptr;
}

}  // namespace

ArgumentBytes::ArgumentBytes(std::size_t size_hint) : size_hint_(size_hint) {
  begin_ = inline_.data();
  end_ = size_hint <= inline_.size() ? begin_ + inline_.size() : begin_;
}

ArgumentBytes::~ArgumentBytes() { std::free(heap_); }

std::byte* ArgumentBytes::take(std::size_t size) {
  if (heap_ != nullptr) return std::exchange(heap_, nullptr);
  std::byte* const copy = allocate_for_writing(size);
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, begin_, size);
  return copy;
}

void ArgumentBytes::give_back(std::byte* bytes, std::size_t size) noexcept {
  if (size >= kWorthKeeping && size <= kMostKept) {
    const std::lock_guard lock(kept_mutex);
    for (Kept& one : kept) {
      if (one.memory != nullptr) continue;
      one = {bytes, size};
      return;
    }
  }
  std::free(bytes);
}

std::byte* ArgumentBytes::grow(std::byte*, std::size_t used, std::size_t wanted,
                               std::byte*& new_end) {
  const std::size_t size = std::max({wanted, size_hint_, 2 * used, std::size_t{256}});
  std::byte* memory = size >= kWorthKeeping ? kept_for(size) : nullptr;
  if (memory == nullptr) memory = allocate_for_writing(size);
  if (memory == nullptr) {
    throw EncodingError("rank 0 has no memory for the " + std::to_string(size) +
                        " bytes of a task's arguments" + memory_limits_hint());
  }
  if (used != 0) std::memcpy(memory, begin_, used);
  std::free(std::exchange(heap_, memory));
  begin_ = memory;
  end_ = memory + size;
  new_end = end_;
  return memory;
}

BlockReference ArgumentBytes::send(const std::shared_ptr<SharedBlock>&) {
  throw EncodingError(
      "a SharedArray or Shared is an argument for an MpiPoolExecutor, but it is memory of this "
      "machine, which other ranks may not share; pass a std::vector or a std::span");
}

}  // namespace muster::detail
