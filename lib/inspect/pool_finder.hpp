#pragma once

// Finds pools by their memory: memfds among the open files of this user's processes. Nothing is
// registered anywhere, so nothing is left over and nothing can be out of date. What is found is a
// name and places to look at; whether it is a pool is told by pool_loader.hpp.

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "lib/inspect/held_segments.hpp"
#include "lib/inspect/processes.hpp"

namespace muster::detail {

struct FoundPool {
  std::string name;  // as its memory is called: the pool's name, cut at 180 bytes
  // By Segment. That of the tasks is always there.
  std::array<std::optional<SegmentPlace>, kSegments> segments;
  // Some are missing because several pools of one name share all the processes that hold them.
  bool ambiguous = false;
  // The segment of the tasks in each process that has it open.
  std::vector<SegmentPlace> holders;

  bool is_held_by(pid_t pid) const {
    return std::any_of(holders.begin(), holders.end(),
                       [pid](const SegmentPlace& place) { return place.holder == pid; });
  }

  bool complete() const {
    return std::all_of(segments.begin(), segments.end(),
                       [](const auto& place) { return place.has_value(); });
  }
};

struct PoolSearch {
  std::vector<FoundPool> pools;
  // Processes of this user whose open files cannot be seen: not dumpable, or with privileges that
  // this process does not have.
  std::vector<ProcessInfo> hidden;
  // Why /proc itself cannot be read.
  std::error_code error;
};

PoolSearch find_pools(bool all_users = false);

}  // namespace muster::detail
