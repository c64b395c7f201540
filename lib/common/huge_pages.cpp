#include <sys/mman.h>

#include <cstdint>

#include <muster/detail/huge_pages.hpp>

namespace muster::detail {

void ask_for_huge_pages(void* data, std::size_t size) noexcept {
  const auto begin =
      (reinterpret_cast<std::uintptr_t>(data) + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + size) / kHugePage * kHugePage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace muster::detail
