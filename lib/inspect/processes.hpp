#pragma once

#include <sys/types.h>

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

  // Neither waiting to be reaped nor on its way out.
  bool lives() const { return state != 'Z' && state != 'X'; }
};

// Nothing where there is no such process, or where /proc hides it.
std::optional<ProcessInfo> read_process(pid_t pid);

// The processes of this user (by effective user id) that live. `error` says why /proc cannot be
// listed.
std::vector<ProcessInfo> own_processes(std::error_code& error);

}  // namespace muster::detail
