#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace muster::detail {

// CRC-32C of the key and the bytes. The key says whose bytes they are, so that what was another's,
// or theirs at another time, has another checksum.
std::uint32_t checksum(std::initializer_list<std::uint64_t> key, const std::byte* data,
                       std::size_t size);

// CRC-64 (ECMA-182, reflected) of the size and the bytes, to tell values from others.
std::uint64_t wide_checksum(const std::byte* data, std::size_t size);

}  // namespace muster::detail
