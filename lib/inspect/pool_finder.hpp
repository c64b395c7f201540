#pragma once

// Finds pools by their memory: memfds named muster:<pool>:<segment> among the open files of this
// user's processes. Nothing is registered anywhere, so nothing is left over and nothing can be
// out of date. What is found is a name and places to look at; whether it is a pool is told by
// pool_loader.hpp.

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "lib/inspect/processes.hpp"

namespace muster::detail {

enum class Segment : std::uint8_t { tasks, control, results, facts };
inline constexpr std::size_t kSegments = 4;

// An open file of a process: /proc/<holder>/fd/<fd>, and what it was when it was found, since
// both numbers may mean another file a moment later.
struct SegmentPlace {
  pid_t holder = 0;
  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;

  bool same_memory(const SegmentPlace& other) const {
    return device == other.device && inode == other.inode;
  }
};

struct FoundPool {
  std::string name;  // as its memory is called: the pool's name, cut at 180 bytes
  // By Segment. The one of the tasks is always there.
  std::array<std::optional<SegmentPlace>, kSegments> segments;
  // True where some are missing because several pools of one name share all their processes.
  bool ambiguous = false;
  // Processes that have the segment of the tasks open.
  std::vector<pid_t> holders;

  const std::optional<SegmentPlace>& segment(Segment which) const {
    return segments[static_cast<std::size_t>(which)];
  }
  bool complete() const {
    for (const auto& place : segments) {
      if (!place) return false;
    }
    return true;
  }
};

struct PoolSearch {
  std::vector<FoundPool> pools;
  // Processes of this user whose open files cannot be seen: not dumpable, or under more
  // privileges than this process has.
  std::vector<ProcessInfo> hidden;
  // Where /proc itself cannot be read.
  std::error_code error;
};

PoolSearch find_pools();

}  // namespace muster::detail
