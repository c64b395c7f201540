#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::detail {

// CRC-32C of the bytes.
std::uint32_t checksum(const std::byte* data, std::size_t size);

}  // namespace muster::detail
