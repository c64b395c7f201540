#pragma once

#include <atomic>

#include "lib/common/sanitizers.hpp"

namespace muster::detail {

// Between what this thread wrote and what it reads next: of two threads that each write, fence and
// read what the other wrote, at least one sees it.
inline void full_fence() noexcept {
  if constexpr (kSanitized) {
    // The thread sanitizer knows no fences; to it a change of one word by all does the same.
    static constinit std::atomic<unsigned> word{0};
    word.fetch_add(1, std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

}  // namespace muster::detail
