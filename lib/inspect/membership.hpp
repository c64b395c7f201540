#pragma once

#include <sys/types.h>

#include "lib/inspect/snapshot.hpp"

// Which processes are the pool's, before anything is done to them. A pool's memory is its user's
// and may name any process; root, for instance, is not to signal one for it.

namespace muster::detail {

// Whether the process has this very pool's memory mapped. Another one has not, also where it was
// made to hold it open.
enum class HasMemory {
  yes,
  no,
  unknown,  // it is about to end, or may not be looked into
};
HasMemory has_memory_of(const PoolViews& pool, pid_t pid);

// Whether the process is a worker: a child of the pool's supervisor that lives. A task may have
// made another program of it, which has the memory no more.
enum class IsWorker {
  yes,
  no,
  unknown,  // what is said to be the supervisor is not seen to have the pool's memory
};
IsWorker is_worker_of(const PoolViews& pool, pid_t supervisor, pid_t pid);

}  // namespace muster::detail
