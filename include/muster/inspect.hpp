#pragma once

// Process pools seen from outside: of any process of this user, by their shared memory and /proc
// alone. Nothing is written, locked or waited for, so the pools cannot notice.
//
//   for (const muster::PoolInfo& pool : muster::list_pools().pools)
//     std::cout << pool.name << ": " << pool.stats.queued << " tasks wait\n";
//
//   muster::PoolInspector pool("resize");    // by name, id or pid
//   muster::PoolInfo info = pool.look();     // time and again

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <muster/duration.hpp>
#include <muster/error.hpp>
#include <muster/stats.hpp>

namespace muster {

namespace detail {
struct InspectorAccess;
}

enum class PoolState {
  starting,  // the workers are being made, or run their initializers
  ok,
  degraded,  // fewer workers than there should be, or one of them is stopped
  shutdown,  // takes no more tasks; ends when the last has ended
  broken,    // a worker's death, or the supervisor's, or its initializer's error ended it
  closed,    // its workers have ended, the object in the client is still there
  orphan,    // the client is gone, the supervisor not yet
  unknown,   // its memory says what this version does not know
};
// "degraded".
std::string_view to_string(PoolState state);

struct PoolInfo {
  std::string id;    // 16 hexadecimal digits; no other pool has it
  std::string name;  // cut at 180 bytes
  pid_t client_pid = 0;
  std::string command;       // of the client; up to 15 bytes
  pid_t supervisor_pid = 0;  // 0: none any more
  // By SIGSTOP or a debugger: until it goes on no death of a worker is noticed.
  bool supervisor_stopped = false;
  PoolState state = PoolState::unknown;
  // Of a pool that is broken: why, as its futures are told; cut at 1023 bytes. Of any bytes, as an
  // exception's message is.
  std::string why_broken;
  std::chrono::system_clock::time_point created;
  Duration age;
  std::size_t workers_alive = 0;
  // OnWorkerDeath::replace: another worker takes the place of one that dies. Else a death breaks
  // it.
  bool replaces_workers = false;
  // What pool.stats() gives.
  PoolStats stats;
};

struct ProcessName {
  pid_t pid = 0;
  uid_t user = 0;
  std::string command;  // up to 15 bytes
};
// "4711 (myprogram)". The command is as the process has named itself, and may hold any bytes.
std::string describe(const ProcessName& process);

// Memory that is called a pool's and cannot be read as one.
struct UnreadablePool {
  enum class Reason {
    permission,       // its memory may not be opened
    another_version,  // of Muster, that lays it out differently
    corrupt,          // not a pool's memory, or damaged
    ambiguous,        // several pools of one name, whose segments cannot be told apart
    no_memory,        // this process has no address space or descriptors left for it
  };
  std::string name;
  Reason reason = Reason::corrupt;
  std::vector<ProcessName> processes;  // that have it open
};
// "another version".
std::string_view to_string(UnreadablePool::Reason reason);
// A sentence: which pool, of which process, why it cannot be read and what to do. Names in it are
// as other programs have made them, and may hold any bytes.
std::string describe(const UnreadablePool& pool);

struct InspectOptions {
  // Those of other users as well, as far as this process may look: root may.
  bool all_users = false;
};

struct PoolList {
  std::vector<PoolInfo> pools;  // by client and age
  std::vector<UnreadablePool> unreadable;
  // Whose open files cannot be seen: not dumpable, or with more privileges than this process. They
  // may have pools.
  std::vector<ProcessName> hidden;
};

// Throws std::system_error where /proc cannot be read.
PoolList list_pools(const InspectOptions& options = {});

enum class TaskState { pending, running, ended };
// "pending".
std::string_view to_string(TaskState state);

// A task that has a slot.
struct TaskInfo {
  std::uint64_t id = 0;
  std::string name;
  TaskState state = TaskState::pending;
  unsigned attempt = 1;
  std::optional<std::size_t> worker;    // that runs it, or has run it
  std::uint64_t items = 0;              // of a chunk of map; 0: it is none
  std::optional<Duration> waited;       // pending: since it was submitted; none: it is not timed
  std::optional<Duration> running_for;  // running
};

enum class TaskEventKind {
  submitted,
  started,
  finished,
  failed,     // threw
  cancelled,  // or its pool broke before it began
  requeued,   // runs again after its worker's death, in whole or from an item on
  died,       // its worker died while it ran
};
// "submitted".
std::string_view to_string(TaskEventKind kind);

struct TaskEvent {
  TaskEventKind kind = TaskEventKind::submitted;
  std::chrono::system_clock::time_point at;
  std::uint64_t task_id = 0;
  unsigned attempt = 1;
  std::string_view name;              // good as long as the inspector is
  std::optional<std::size_t> worker;  // of started, finished, failed and died
  // started: since it was submitted, or since it was to run again; finished, failed, died: since it
  // started. 0 where that is not known: of one that was chosen only as it turned out to be long.
  Duration took;
  // Of so many tasks this one was chosen: such as take less than 2 us are sampled.
  unsigned sampling = 1;
};

// One pool, to look at time and again.
//
// Thread safety: one thread at a time.
class PoolInspector {
 public:
  class NotFound : public Error {
   public:
    using Error::Error;
  };
  class NotReadable : public Error {
   public:
    NotReadable(const std::string& what, UnreadablePool::Reason reason)
        : Error(what), reason_(reason) {}
    UnreadablePool::Reason reason() const { return reason_; }

   private:
    UnreadablePool::Reason reason_;
  };

  // `pool`: its name, at least 4 digits with which its id begins, or the pid of its client, its
  // supervisor or any of its workers. Throws NotFound where there is none or several that could be
  // meant, NotReadable where it cannot be read; std::system_error where /proc cannot.
  explicit PoolInspector(std::string_view pool, const InspectOptions& options = {});
  ~PoolInspector();
  PoolInspector(PoolInspector&&) noexcept;
  PoolInspector& operator=(PoolInspector&&) noexcept;

  PoolInfo look();
  // False: its processes have ended. What was last in its memory can be read still.
  bool alive() const;
  // Those that have a slot, in no order; PoolStats::behind says how many wait for one.
  std::vector<TaskInfo> tasks();
  // Those since the last call, at the first those that are still in memory; in order of time. Where
  // more have come meanwhile than the pool's memory has room for, the older ones are lost, and
  // counted in `lost`.
  std::vector<TaskEvent> events(std::uint64_t* lost = nullptr);

 private:
  friend struct detail::InspectorAccess;
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace muster
