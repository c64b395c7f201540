#include "lib/mpi/argument_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include <muster/error.hpp>

#include "lib/mpi/kept_memory.hpp"
#include "lib/segments/headroom.hpp"

namespace muster::detail {

ArgumentBytes::ArgumentBytes(std::size_t size_hint) : size_hint_(size_hint) {
  begin_ = inline_.data();
  end_ = size_hint <= inline_.size() ? begin_ + inline_.size() : begin_;
}

ArgumentBytes::~ArgumentBytes() { give_memory(heap_); }

std::byte* ArgumentBytes::take(std::size_t size) {
  if (heap_ != nullptr) return std::exchange(heap_, nullptr);
  std::byte* const copy = take_memory(size);
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, begin_, size);
  return copy;
}

std::byte* ArgumentBytes::grow(std::byte*, std::size_t used, std::size_t wanted,
                               std::byte*& new_end) {
  const std::size_t size = std::max({wanted, size_hint_, 2 * used, std::size_t{256}});
  std::byte* const memory = take_memory(size);
  if (memory == nullptr) {
    throw EncodingError("rank 0 has no memory for the " + std::to_string(size) +
                        " bytes of a task's arguments" + memory_limits_hint());
  }
  if (used != 0) std::memcpy(memory, begin_, used);
  give_memory(std::exchange(heap_, memory));
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
