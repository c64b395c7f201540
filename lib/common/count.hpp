#pragma once

#include <atomic>
#include <cstdint>

namespace muster::detail {

// Raises a count of which the caller is the only writer at the time, for whoever looks in. Relaxed:
// nothing is published with it; and no read-modify-write, which would cost more.
inline void raise(std::atomic<std::uint64_t>& count, std::uint64_t by = 1) {
  count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace muster::detail
