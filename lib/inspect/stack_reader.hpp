#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/duration.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

// Whether the process has this very pool's memory mapped. A pool's memory is its user's and may
// name any process; another one, who is to be signalled by root for instance, has not mapped it,
// also where it was made to hold it open.
enum class HasMemory {
  yes,
  no,
  unknown,  // it is about to end, or may not be looked into
};
HasMemory has_memory_of(const PoolViews& pool, pid_t pid);

// As PoolInspector::stack() says, which throws the same. The protocol stands in stack_record.hpp.
std::vector<std::uintptr_t> read_stack(const LoadedPool& pool, std::size_t worker,
                                       Duration patience);

}  // namespace muster::detail
