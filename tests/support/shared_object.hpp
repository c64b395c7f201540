#pragma once

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace test_support {

// Memory that processes forked later share with this one, at the same address. Its zeroed pages are
// a T in its first state; they are there as they are touched. It is never given back.
template <class T>
T& map_shared() {
  static_assert(std::is_trivially_destructible_v<T>);
  void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("cannot map memory to be shared");
    std::abort();
  }
  return *static_cast<T*>(memory);
}

}  // namespace test_support
