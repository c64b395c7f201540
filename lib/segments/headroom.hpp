#pragma once

#include <cstddef>
#include <string>

namespace muster::detail {

// Bytes that may still be allocated before the kernel would have to kill somebody: the least of
// what the machine and the memory cgroups of this process (v1 and v2) have left. SIZE_MAX where
// nothing can be told; 0 where there is not even memory to look. Reads a few files: for rare, large
// allocations.
std::size_t memory_headroom() noexcept;

// As malloc, for blocks aligned to a cache line of which every byte will be written: null also
// where there is address space but, as far as can be told, no memory.
std::byte* allocate_for_writing(std::size_t size) noexcept;

// "" or the limits of this process, in words, that may be why it gets no more memory.
std::string memory_limits_hint();

}  // namespace muster::detail
