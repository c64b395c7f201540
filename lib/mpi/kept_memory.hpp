#pragma once

#include <cstddef>

namespace muster::detail {

// Memory for large arguments and results, as allocate_for_writing() gives it. What is given back is
// kept for the next that is about as long, since the kernel would clear it page by page: at most
// 256 MiB. Thread safety: all threads.
std::byte* take_memory(std::size_t size) noexcept;
void give_memory(const std::byte* memory) noexcept;

}  // namespace muster::detail
