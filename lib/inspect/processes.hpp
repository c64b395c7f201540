#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace muster::detail {

// What /proc tells everybody of a process.
struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  uid_t user = 0;  // effective
  char state = '?';
  std::string command;  // up to 15 bytes, as it named itself
  // Memory it holds and has held at most (resident set), in bytes.
  std::uint64_t rss = 0;
  std::uint64_t max_rss = 0;

  // Neither waiting to be reaped nor on its way out.
  bool lives() const { return state != 'Z' && state != 'X'; }
  bool is_stopped() const { return state == 'T' || state == 't'; }
  // A number that was a worker's may be another process's by now.
  bool is_worker_of(pid_t supervisor) const { return lives() && parent == supervisor; }
};

// Nothing where there is no such process, or where /proc hides it.
std::optional<ProcessInfo> read_process(pid_t pid);

// Also where /proc cannot be read.
bool process_exists(pid_t pid);

// Processor time that all of its threads have had; 0 where it cannot be read.
std::int64_t cpu_time_ns(pid_t pid);

// The processes that live: of this user (by effective user id), or of all. `error` says why /proc
// cannot be listed.
std::vector<ProcessInfo> living_processes(bool all_users, std::error_code& error);

}  // namespace muster::detail
