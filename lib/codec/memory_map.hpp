#pragma once

#include <cstdint>

namespace muster::detail {

// Whether the address lies in memory that this process can write, that no file backs and that
// nobody else shares: a heap or a stack. Reads /proc/self/maps; false where that cannot be read.
bool is_private_memory(std::uintptr_t address) noexcept;

}  // namespace muster::detail
