#pragma once

#include <sys/types.h>

#include <cstdint>

#include "worker/worker_setup.hpp"

namespace muster::detail {

// In a process that the supervisor has just forked: becomes worker `index` and serves tasks until
// the queue is closed, or the worker's share of tasks is done, or it is killed.
[[noreturn]] void worker_main(WorkerSetup& setup, std::uint32_t index, std::uint64_t incarnation,
                              pid_t supervisor);

}  // namespace muster::detail
