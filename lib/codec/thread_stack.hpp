#pragma once

#include <cstdint>

namespace muster::detail {

// Where the calling thread's stack lies; both 0 where that cannot be told.
struct ThreadStack {
  std::uintptr_t lowest = 0;
  std::uintptr_t top = 0;
};

// Asks the system once in each thread.
const ThreadStack& thread_stack();

}  // namespace muster::detail
