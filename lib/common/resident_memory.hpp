#pragma once

#include <cstdint>

namespace muster::detail {

// Bytes of this process that are in memory (its resident set); pages that it shares with others
// count. 0: not known.
struct ResidentMemory {
  std::uint64_t now = 0;
  std::uint64_t high_water = 0;  // ever
};

// Takes some microseconds. Nothing of it is kept open. Source: proc(5), getrusage(2).
ResidentMemory resident_memory() noexcept;

}  // namespace muster::detail
