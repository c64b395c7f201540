#include "lib/inspect/membership.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/inspect/mappings.hpp"
#include "lib/inspect/processes.hpp"

namespace muster::detail {

HasMemory has_memory_of(const PoolViews& pool, pid_t pid) {
  const auto place = reinterpret_cast<std::uintptr_t>(&pool.results.window(0).record());
  const std::vector<Mapping> own = mappings_of(::getpid());
  const auto memory =
      std::ranges::find_if(own, [&](const Mapping& mapping) { return mapping.has(place); });
  if (memory == own.end()) return HasMemory::unknown;
  // Those of a process that ends while they are read end early, and are none the next time.
  for (int looks = 0; looks < 2; ++looks) {
    const std::vector<Mapping> theirs = mappings_of(pid);
    if (theirs.empty()) return HasMemory::unknown;
    for (const Mapping& mapping : theirs) {
      if (mapping.is_of_the_file_of(*memory)) return HasMemory::yes;
    }
  }
  return HasMemory::no;
}

IsWorker is_worker_of(const PoolViews& pool, pid_t supervisor, pid_t pid) {
  if (supervisor <= 0 || has_memory_of(pool, supervisor) != HasMemory::yes) {
    return IsWorker::unknown;
  }
  const auto process = read_process(pid);
  return process && process->is_worker_of(supervisor) ? IsWorker::yes : IsWorker::no;
}

}  // namespace muster::detail
