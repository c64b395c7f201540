#include "bench/probes/shared_page.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace bench {

void* map_shared_pages(std::size_t size) {
  void* const pages =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map a shared page");
  }
  return pages;
}

}  // namespace bench
