#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

// [begin, begin + size), cut at the ends of pages, for process_vm_readv(2): what comes before a
// page that cannot be read is copied only where it is apart. Gives how many there are: at most one
// more than pages in `size`. Safe in a signal handler.
inline std::size_t cut_into_pages(std::uintptr_t begin, std::size_t size, iovec* pieces) {
  constexpr std::size_t kPageSize = 4096;
  std::size_t count = 0;
  for (std::size_t at = 0; at < size; ++count) {
    const std::size_t piece = std::min(kPageSize - (begin + at) % kPageSize, size - at);
    pieces[count] = {reinterpret_cast<void*>(begin + at), piece};
    at += piece;
  }
  return count;
}

// A function that calls no other may keep so much of what it saves below the stack pointer, by the
// ABI.
inline constexpr std::uintptr_t kBelowStackPointer = 128;

}  // namespace muster::detail
