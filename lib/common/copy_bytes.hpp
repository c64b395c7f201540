#pragma once

// Copies for readers on other processors.

#include <cstddef>

namespace muster::detail {

// As std::memcpy. So many bytes that they do not stay in the caches are written past them, where
// the processor can, which saves reading each line before it is written over; what the next release
// store tells of is there as after any other writes.
void copy_bytes(std::byte* to, const void* from, std::size_t size) noexcept;

}  // namespace muster::detail
