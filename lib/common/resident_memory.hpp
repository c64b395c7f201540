#pragma once

#include <cstdint>

namespace muster::detail {

// Bytes of this process that are in memory (its resident set); pages that it shares with others
// count. 0: not known.
struct ResidentMemory {
  std::uint64_t now = 0;
  std::uint64_t high_water = 0;     // ever
  std::uint64_t own = 0;            // of `now`, what is not of a file or shared memory
  std::uint64_t address_space = 0;  // all that is mapped, in memory or not
};

// Takes some microseconds. Nothing of it is kept open. Source: proc(5), getrusage(2).
ResidentMemory resident_memory() noexcept;
// The same by /proc/self/statm, which is open; but high_water is `now`.
ResidentMemory resident_memory_in(int statm) noexcept;

}  // namespace muster::detail
