#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/duration.hpp>
#include <muster/portable_function.hpp>

namespace muster {

// How worker processes come to be. Workers of the last two know no log handler that was set, and no
// value that was written to a global variable, after muster::init() or in another run; and no
// functions of modules that were loaded after muster::init() (forkserver), or that cannot be loaded
// from their files again (spawn).
enum class StartMethod {
  // What MUSTER_START_METHOD says in the environment (automatic, fork, forkserver, spawn); else
  // forkserver in a process that has called muster::init(), and fork in others.
  automatic,
  fork,        // from the process as it is when the pool is made
  forkserver,  // from the process as it was at muster::init()
  // From a fresh run of the program's executable, up to its muster::init(), with the environment,
  // the working directory and the standard descriptors of this process and no others.
  spawn,
};

// What a worker's death means for the pool.
enum class OnWorkerDeath {
  break_pool,  // every unfinished future fails with BrokenProcessPool
  replace,     // only the task that ran fails (or is run again), the worker is replaced
};

// What a pool's destructor does while an exception unwinds the stack.
enum class OnUnwind {
  wait,    // as otherwise: waits for all that is queued
  cancel,  // cancels what has not started, waits for what runs
  kill,    // kills the workers
};

enum class CancelMode {
  pending,  // only what has not started
  kill,     // what runs too, by killing its worker, which is replaced (process pools)
};

// More deaths than `deaths` within `within` break the pool, under OnWorkerDeath::replace.
// 0 deaths: no limit.
struct RestartIntensity {
  std::size_t deaths = 10;
  Duration within = std::chrono::seconds(5);
};

// What submit does where the arguments of unfinished tasks have used up what
// ProcessPoolOptions::max_shared_memory allows them.
enum class OnMemoryLimit {
  wait,   // until tasks have ended; try_submit gives nothing
  error,  // throws EncodingError
};

// Files that tasks may open, as paths that are there when the pool is made. What lies below a
// folder goes with it, and what stands in neither list is denied. A file for both reading and
// writing stands in both.
struct FileRules {
  std::vector<std::string> read = {};   // to read, to list and to run
  std::vector<std::string> write = {};  // to write, shorten, make, rename and delete
};

// Limits of each worker, set before its initializer runs; they hold for the tasks, for what those
// start, and for a worker's replacement. docs/LIMITS.md says what a task gets that comes upon one.
// What this machine or this build cannot do makes the pool's constructor throw
// InvalidArgumentError; one that cannot be set in a worker after all breaks the pool. Thread pools
// have none.
struct WorkerLimits {
  // Bytes of address space beyond what the worker has to begin with, program and Muster's own
  // memory (RLIMIT_AS); 0: no limit. A task that asks for more gets std::bad_alloc.
  std::size_t memory_bytes = 0;
  // Seconds of CPU time of a worker in its life, all its tasks together (RLIMIT_CPU); 0: no limit.
  // Then it dies of SIGXCPU, and a second later of SIGKILL if the task has seen to that signal.
  std::size_t cpu_seconds = 0;
  // Descriptors that are open at a time, with those of the program and of Muster (RLIMIT_NOFILE);
  // 0: as the program's. May be more than the program's own soft limit.
  std::size_t open_files = 0;
  // Bytes of memory of its own that a worker holds when a task ends, beyond what it had to begin
  // with; not what it shares with others, as a SharedArray. One that has more is replaced, in
  // order: no task is lost, and it is no death. 0: no limit.
  std::size_t resident_bytes = 0;
  // From -20, the most urgent, to 19.
  std::optional<int> nice = {};
  // CPUs, by the system's numbers, that each worker may run on, all of them on all of these: the
  // kernel shares them out. Empty: as the program. With max_workers 0 there is a worker for each.
  std::vector<unsigned> cpus = {};
  // NUMA node, by the system's number, that workers get their memory from, and whose CPUs they run
  // on where `cpus` does not say otherwise.
  std::optional<unsigned> numa_node = {};
  // Variables of the environment, as {"OMP_NUM_THREADS", "1"}. A library that reads one when it is
  // loaded, before a worker is forked, has read it; OpenMP, OpenBLAS and MKL are told all the same.
  std::vector<std::pair<std::string, std::string>> environment = {};
  // What a worker runs gets no more rights than it has, as a set-user-ID program would (prctl(2)).
  // The three below imply it.
  bool no_new_privileges = false;
  // By Landlock: needs Linux 6.2. What is open already stays so.
  std::optional<FileRules> files = {};
  // By seccomp: no sockets but pairs, also none to other programs of this machine (EACCES). Those
  // that the program had open when the worker was forked are not closed.
  bool deny_network = false;
  // By seccomp: no new processes and no other program (EPERM). Threads are allowed.
  bool deny_processes = false;
};

// How much a pool remembers of what has happened to its tasks, for the status tool, at 32 bytes an
// event in shared memory. Numbers are rounded up to powers of two and at most kMostEvents; 0: none.
// A task that is timed makes two events in its worker and one in the client. Where RLIMIT_AS or
// RLIMIT_FSIZE would leave little room beside them, there are neither events nor histograms.
struct TelemetryOptions {
  static constexpr std::size_t kMostEvents = std::size_t{1} << 24;

  std::size_t worker_events = 4096;   // of each worker
  std::size_t client_events = 16384;  // of the client: submitted, cancelled, died, run again
};

// A pool is not made, with InvalidArgumentError, of what makes no sense: negative times or counts,
// more workers than there can be, values that an enumeration does not have. Where start_method
// needs a muster::init() that was not called it is InvalidStateError, and Error where workers
// cannot be started: with spawn also where the files of the program are not those that it runs.
struct ProcessPoolOptions {
  // Worker processes. 0: as many as the CPUs this process may use (affinity mask, cgroup quota).
  std::size_t max_workers = 0;
  // Shown by the status tool. "" gives "pool-<n>".
  std::string name = {};
  StartMethod start_method = StartMethod::automatic;
  // Shared libraries with tasks (MUSTER_TASK), by their paths: the workers are then copies not of
  // this program but of muster-worker, which has opened them, and run those tasks and no others.
  // See <muster/named_task.hpp> and docs/PLUGINS.md. Needs StartMethod::spawn, which automatic then
  // is, but no muster::init(). The pool's constructor throws Error where muster-worker is not found
  // or a library cannot be opened, has no tasks, or one whose name another has.
  std::vector<std::string> modules = {};
  // How long a process that is spawned may take until it can make workers: a fresh run of this
  // program until it calls muster::init(), muster-worker until it has opened `modules`, which runs
  // what they run when they are loaded; 0: for ever. Then it is killed, and the constructor throws
  // Error.
  Duration spawn_timeout = std::chrono::seconds(60);
  // Runs once in each worker before its first task. If it throws, the pool breaks.
  PortableFunction initializer = {};
  // Runs in each worker that ends in order, not when it is killed; before what its tasks keep by
  // this_worker::local() is destroyed.
  PortableFunction finalizer = {};
  // 0: no limit. Else a worker is replaced after so many tasks.
  std::size_t max_tasks_per_child = 0;
  OnWorkerDeath on_worker_death = OnWorkerDeath::break_pool;
  RestartIntensity restart_intensity = {};
  // Between SIGTERM and SIGKILL where Muster stops a worker.
  Duration kill_grace = std::chrono::seconds(1);
  // Verify every result's bytes: one that was scribbled over, or that is of another task, becomes
  // an EncodingError, of an item of a chunk of map too where its worker died. It covers values and
  // exceptions from when the worker has encoded them until the client has copied them: not what a
  // task reads, nor a long result whose bytes are written over while it is still encoded, by a
  // thread that a task has left behind, say. It is no signature: a task that means to can write a
  // checksum as well.
  bool checksum_results = false;
  // 0: submit never blocks. Else submit waits while so many tasks are unfinished.
  std::size_t max_pending = 0;
  // Bytes of shared memory for arguments and results of more than a few bytes; at least 1 MiB, 0:
  // no limit. Half of it is for arguments, and at it `on_memory_limit` says what submit does, but
  // never in a callback, whose tasks wait in the client's own memory. Workers are not held back, so
  // results on their way can exceed it: what futures hold of them beyond a quarter moves to the
  // client's own memory. Arguments that are larger than half of it are an EncodingError of their
  // future. SharedArrays are the program's own memory and not counted.
  std::size_t max_shared_memory = 0;
  OnMemoryLimit on_memory_limit = OnMemoryLimit::wait;
  OnUnwind on_unwind = OnUnwind::cancel;
  WorkerLimits limits = {};
  TelemetryOptions telemetry = {};
};

struct ThreadPoolOptions {
  // Threads. 0: as many as the CPUs this process may use (affinity mask, cgroup quota).
  std::size_t max_workers = 0;
  // Threads are named "<name>_<index>". "" gives "pool-<n>".
  std::string name = {};
  // Runs once in each thread before its first task. If it throws, the pool breaks.
  std::function<void()> initializer = {};
  // 0: submit never blocks. Else submit waits while so many tasks are unfinished.
  std::size_t max_pending = 0;
  OnUnwind on_unwind = OnUnwind::cancel;  // kill means cancel here
};

// Options of one task, given first: pool.submit({.name = "resize"}, fn, args...). Such as make no
// sense, as a negative time, make submit throw InvalidArgumentError.
struct TaskOptions {
  // Its first 63 bytes are shown in errors and by the status tool. "": the demangled callable,
  // which is a function's name or else a type. Copied by submit.
  std::string_view name = {};
  // Of running, not of waiting; 0: none. The overdue worker is killed and replaced, the future
  // gets TaskTimeoutError. Process pools only.
  Duration task_timeout = {};
  // Run again so often when its worker died, under OnWorkerDeath::replace. The last attempt's error
  // tells of the deaths before it, too: each of the first 16, and how many there were more. At most
  // 1,000,000. Process pools only.
  unsigned retries = 0;
};

struct MapOptions {
  // Items a task. 0: chosen from measured task times.
  std::size_t chunksize = 0;
  // 0: all inputs are consumed at once. Else at most so many are in flight and the inputs are
  // read as results are taken, so they may be endless.
  std::size_t buffersize = 0;
  // From the call of map; then reading throws TimeoutError and what has not started is cancelled.
  std::optional<Duration> timeout = {};
  // A progress bar on standard error where that is a terminal.
  bool progress = false;
  // Name, time limit and retries of each item.
  TaskOptions task = {};
  // A file, made where it is not there, that keeps the results of items as they come in; "": none.
  // A map that finds results in it gives those in place of running their items, so it can be run
  // again after a crash, a kill or an error. An item is run that has no result there, whose input
  // is another, or whose captures in the callable are. See <muster/journal.hpp> for what is kept
  // and when. map throws InvalidArgumentError where the file is of another map or no journal, or
  // where results, items or the callable cannot be told from others by their bytes; JournalError
  // where the file cannot be opened, or another map writes it.
  std::string journal = {};
};

struct ShutdownOptions {
  bool wait = true;
  bool cancel_futures = false;
};

}  // namespace muster
