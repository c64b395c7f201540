#pragma once

#include <cstdint>

#include <muster/portable_function.hpp>

namespace bench {

// Counts calls of malloc and its kin, operator new among them, in this program and in what is
// forked from it: the program has a malloc of its own that counts and asks the C library's.
//
// Counting starts with the first call of start_counting_allocations(), before the pool is made;
// until then, and in cells that do not count, it costs a test of a pointer that is null.
struct AllocationCounts {
  std::uint64_t this_thread = 0;
  std::uint64_t client = 0;  // all threads of the process that made the pool
  std::uint64_t workers = 0;
  std::uint64_t others = 0;  // the supervisor

  friend AllocationCounts operator-(const AllocationCounts& a, const AllocationCounts& b) {
    return {a.this_thread - b.this_thread, a.client - b.client, a.workers - b.workers,
            a.others - b.others};
  }
};

void start_counting_allocations();
AllocationCounts allocations_so_far();

// The initializer for pools whose workers are counted as such.
muster::PortableFunction count_as_worker();

}  // namespace bench
