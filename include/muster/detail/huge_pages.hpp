#pragma once

#include <cstddef>

namespace muster::detail {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;
// From so many bytes on the faults of small pages cost more than asking for huge ones.
inline constexpr std::size_t kWorthHugePages = 2 * kHugePage;

// Before memory is first written: that huge pages should lie behind the whole ones of them in it.
// Where the system grants none nothing happens.
void ask_for_huge_pages(void* data, std::size_t size) noexcept;

}  // namespace muster::detail
