#pragma once

// How a pool's memory for arguments and results is shared out: what a limit of the program's
// (ProcessPoolOptions::max_shared_memory) leaves to each part, or what is kept without one.
//
// Arguments are held back: submit waits or throws. Results never are: a worker writes what its task
// gives. So what bounds those is that futures keep so much and no more of them there, beyond which
// they move to the client's own memory, and that so little of what was freed keeps its pages.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "lib/segments/arena.hpp"

namespace muster::detail {

struct MemoryBudget {
  // Of so little nothing useful could be made.
  static constexpr std::uint64_t kLeastLimit = std::uint64_t{1} << 20;

  std::uint64_t limit = 0;  // 0: none
  // Of arguments that workers can read. With a limit no more are taken; without one those beyond it
  // that have no slot yet wait in the client's own memory.
  std::uint64_t arguments = std::uint64_t{64} << 20;
  // Pages of their arena, at which it gives back what is free before it takes more.
  std::size_t argument_pages = std::numeric_limits<std::size_t>::max();
  // Of the client's arena, and of each worker's: free bytes that keep their pages.
  std::size_t free_arguments = Arena::kKept;
  std::size_t free_results = Arena::kKept;
  // Results in the workers' arenas that futures hold undecoded.
  std::uint64_t results = std::uint64_t{256} << 20;

  static MemoryBudget choose(std::uint64_t limit, std::size_t workers) {
    MemoryBudget budget;
    if (limit == 0) return budget;
    constexpr std::uint64_t kLeast = 64 * 1024;
    budget.limit = limit;
    budget.arguments = limit / 2;
    budget.free_arguments = std::min<std::uint64_t>(Arena::kKept, limit / 8);
    budget.argument_pages = budget.arguments + budget.free_arguments;
    budget.results = std::min(budget.results, limit / 4);
    budget.free_results = std::clamp<std::uint64_t>(limit / 8 / workers, kLeast, Arena::kKept);
    return budget;
  }
};

}  // namespace muster::detail
