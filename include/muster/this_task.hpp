#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

// What a running task can ask and tell. Thread safety: each call concerns the calling thread's
// own task alone.

namespace muster::this_worker {

// 0 .. max_workers - 1. A replacement has the index of the worker it replaces.
// Throws InvalidStateError outside a task.
std::size_t index();

// The worker's process; of a thread pool, this one.
// Throws InvalidStateError outside a task.
pid_t pid();

}  // namespace muster::this_worker

namespace muster::this_task {

// Whether Future::request_stop() was called for the running task, or its results are wanted no
// more. A task that takes long asks now and then and returns early. False outside a task.
bool stop_requested();

// How far the task is, for the status tool: done of total, in units of the task's own choice.
// Does nothing outside a task.
void set_progress(std::uint64_t done, std::uint64_t total);

}  // namespace muster::this_task
