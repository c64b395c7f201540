#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/inspect/held_segments.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

// Why memory that is called a pool's cannot be read as one.
enum class LoadError : std::uint8_t {
  none,
  gone,           // there is no pool any more, or not yet
  not_permitted,  // its memory may not be opened
  other_version,  // a pool, of a version of Muster that lays it out differently
  corrupt,        // not a pool's memory, or damaged
  ambiguous,      // several pools of one name, whose segments cannot be told apart
  no_memory,      // this process has no address space or descriptors left for it
};

// What never changes in a pool, copied out of its header and found possible.
struct PoolConstants {
  Geometry geometry;
  std::uint64_t id = 0;
  pid_t client_pid = 0;
  std::int64_t created_realtime_ns = 0;
  std::int64_t created_monotonic_ns = 0;
};

// As much of the tasks segment as check_header() needs.
inline constexpr std::size_t kHeaderStart = offsetof(PoolHeader, state);

// Both read a private copy of a pool's first bytes and believe nothing.
//
// Whether it is a pool of this version. Gone: its header was not written yet.
LoadError check_identity(std::span<const std::byte, kHeaderStart> start);

// The same, and whether it describes segments of these sizes (by Segment). What is returned with
// LoadError::none is safe to read by, whatever else the bytes say.
LoadError check_header(std::span<const std::byte, kHeaderStart> start,
                       const std::array<std::uint64_t, kSegments>& sizes, PoolConstants& constants);

}  // namespace muster::detail
