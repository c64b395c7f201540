#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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

// Whether that process has that memory open there still.
bool still_there(const SegmentPlace& place);

// Its bytes that have pages behind them, now; 0 where it is not there any more.
std::uint64_t backed_bytes(const SegmentPlace& place);

// One process's segments of one name, by Segment; each memory once. More than one of a kind where
// the process has several pools of that name.
using HeldSegments = std::array<std::vector<SegmentPlace>, kSegments>;

// The memfds named muster:<pool>:<segment> that a process has open, by the pool's name (cut at
// 180 bytes). Nothing where this process may not look; empty where the other is gone.
std::optional<std::map<std::string, HeldSegments>> segments_held_by(pid_t pid);

}  // namespace muster::detail
