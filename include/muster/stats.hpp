#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/duration.hpp>

namespace muster {

enum class WorkerState {
  starting,  // not ready for a first task
  idle,
  running,
  stopping,  // takes no more tasks
  dead,      // ended, and not replaced (yet)
};

// One worker, as it was at a moment while the snapshot was taken.
struct WorkerStats {
  std::size_t index = 0;
  // Of the process it runs in; 0: none at the moment.
  pid_t pid = 0;
  WorkerState state = WorkerState::idle;
  // What it runs; "" and 0 where it runs nothing.
  std::string task_name;
  std::uint64_t task_id = 0;
  // How long it has run that. In thread pools, of tasks of a few microseconds it is sampled.
  Duration running_for;
  // What the task said by this_task::set_progress; 0 and 0 where it said nothing.
  std::uint64_t progress_done = 0;
  std::uint64_t progress_total = 0;
  std::uint64_t tasks_done = 0;
  // Deaths of workers with this index.
  std::uint64_t deaths = 0;
};

// A snapshot of a pool. It is taken without stopping anything, so the counts of a busy pool may
// disagree by the tasks that moved meanwhile.
struct PoolStats {
  std::uint64_t submitted = 0;
  std::uint64_t finished = 0;  // returned a result
  std::uint64_t failed = 0;    // threw, or were lost with their worker
  std::uint64_t cancelled = 0;
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t deaths = 0;    // of workers
  std::uint64_t restarts = 0;  // of workers
  // Of all segments, in bytes; 0 for threads. Memory that was freed stays, to be used again, and
  // goes back to the system when it was not used for a second.
  std::uint64_t shared_memory_bytes = 0;
  // Of those, what arguments and results take at the moment; short ones take none.
  std::uint64_t arguments_bytes = 0;
  std::uint64_t results_bytes = 0;
  // ProcessPoolOptions::max_shared_memory.
  std::uint64_t max_shared_memory = 0;
  // Wake-ups that only the bound on sleeping rescued. Anything but 0 in a pool whose workers were
  // neither killed nor stopped is a bug in Muster.
  std::uint64_t rescued_wakeups = 0;
  std::vector<WorkerStats> workers;
};

}  // namespace muster
