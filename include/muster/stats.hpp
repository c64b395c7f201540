#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <muster/duration.hpp>
#include <muster/error.hpp>
#include <muster/histogram.hpp>

namespace muster {

enum class WorkerState {
  starting,  // not ready for a first task
  idle,      // between two tasks, or awake and looking for one
  parked,    // sleeps until there is one
  running,
  stopped,   // its process was stopped, by SIGSTOP or a debugger
  stopping,  // takes no more tasks
  dead,      // ended, and not replaced (yet)
};
// "running".
std::string_view to_string(WorkerState state);

// One worker, as it was at a moment while the snapshot was taken. Of a thread pool: its index,
// state, task, progress and how many it has done.
struct WorkerStats {
  std::size_t index = 0;
  // Of the process it runs in; 0: none at the moment.
  pid_t pid = 0;
  WorkerState state = WorkerState::idle;
  // What it runs; "" and 0 where it runs nothing.
  std::string task_name;
  std::uint64_t task_id = 0;
  unsigned task_attempt = 0;  // 1: the first
  // How long it has run that. Of tasks of a few microseconds it is sampled.
  Duration running_for;
  // What the task said by this_task::set_progress; 0 and 0 where it said nothing.
  std::uint64_t progress_done = 0;
  std::uint64_t progress_total = 0;
  std::uint64_t tasks_done = 0;    // also by those that it has replaced, as the next three
  std::uint64_t tasks_failed = 0;  // threw; items of a chunk of map count one by one
  std::uint64_t parks = 0;         // times that it went to sleep
  // Deaths of workers with this index.
  std::uint64_t deaths = 0;
  // Of its process: since when it is there, processor time it has had, memory it holds and has held
  // at most (resident set, in bytes: pages that it shares with others count).
  Duration age;
  Duration cpu_time;
  std::uint64_t rss_bytes = 0;
  std::uint64_t max_rss_bytes = 0;
  // Bytes of its results that nobody has taken yet.
  std::uint64_t results_bytes = 0;
};

// All tasks of one name.
struct TaskNameStats {
  std::string name;
  std::uint64_t done = 0;    // came to their end in a worker
  std::uint64_t failed = 0;  // of those, threw; items of a chunk of map count one by one
  // Were lost with their worker, for good, or killed for their time limit; items of a chunk count
  // one by one. Not among those that were done.
  std::uint64_t lost = 0;
  std::uint64_t timed = 0;  // of those done, were timed
  LatencyHistogram run_time;
  // The most that a worker held at the end of one that ran for a millisecond and more, or at a time
  // while it ran where it held more than ever before; 0: not known.
  std::uint64_t max_rss_bytes = 0;
};

// Tasks that threw the same.
struct FailureStats {
  std::string task_name;
  std::string message;  // its first bytes: "std::runtime_error: no such file"
  std::uint64_t count = 0;
};

// How a worker ended.
struct DeathStats {
  std::uint64_t number = 0;  // of this pool, from 1
  std::chrono::system_clock::time_point at;
  WorkerDeath death;
  std::uint64_t task_id = 0;  // 0: it ran none
  Duration ran_for;
  unsigned requeued = 0;  // tasks that it had claimed and not begun
  // Where it crashed, innermost first: addresses in its memory.
  std::vector<std::uintptr_t> frames;
  std::string sentence;  // all of it but the frames
};

// Slots, by what is in them. A task is in a slot from when it may be run until its result is taken
// in; what does not fit waits in the client's own memory.
struct SlotCounts {
  std::uint64_t free = 0;
  std::uint64_t pending = 0;
  std::uint64_t running = 0;
  std::uint64_t ended = 0;  // the client has yet to take in how
};

// A snapshot of a pool. It is taken without stopping anything, so the counts of a busy pool may
// disagree by the tasks that moved meanwhile. Of a process pool it costs a look at /proc for each
// worker and at each histogram: for now and then, not for each task.
struct PoolStats {
  std::uint64_t submitted = 0;
  std::uint64_t finished = 0;  // returned a result
  std::uint64_t failed = 0;    // threw, or were lost with their worker
  std::uint64_t cancelled = 0;
  std::uint64_t queued = 0;  // those behind among them
  std::uint64_t behind = 0;  // wait in the client's own memory, for a slot
  std::uint64_t running = 0;
  std::uint64_t requeued = 0;  // run again, in whole or from an item on, after their worker's death
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

  // The rest is of process pools alone.
  SlotCounts slots;
  // From submit to a worker, and in a worker; of all names.
  LatencyHistogram queue_time;
  LatencyHistogram run_time;
  // Of tasks whose name's take less than 2 us on average, one in so many is timed, at the moment;
  // in run_time those stand for the others. Of all others, and of those among them that turn out to
  // take 2 us and more, each is; but for the latter while a worker's take less than 0.2 us.
  unsigned sampling = 1;
  std::vector<TaskNameStats> tasks;     // those that were done most first
  std::vector<FailureStats> failures;   // the most frequent first
  std::vector<DeathStats> last_deaths;  // up to 256, the last one first
};

}  // namespace muster
