#include "lib/inspect/header_check.hpp"

#include <bit>
#include <cstring>

namespace muster::detail {

namespace {

template <class T>
T field(std::span<const std::byte, kHeaderStart> start, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, start.data() + offset, sizeof(value));
  return value;
}

#define MUSTER_HEADER_FIELD(name) \
  field<decltype(PoolHeader::name)>(start, offsetof(PoolHeader, name))

bool plausible_ring(std::uint32_t events) {
  return events == 0 || (std::has_single_bit(events) && events <= TelemetryOptions::kMostEvents);
}

bool plausible(const Geometry& g, const std::array<std::uint64_t, kSegments>& sizes) {
  const auto size = [&](Segment which) { return sizes[static_cast<std::size_t>(which)]; };
  // First what the sums below are made of, so that none of them overflows: sizes of files are
  // below 2^63, everything else is bounded by constants.
  if (g.workers == 0 || g.workers >= kMaxOwners) return false;
  if (!std::has_single_bit(g.slots) || g.slots > kMaxSlots) return false;
  if (!std::has_single_bit(g.ring_cells) || g.ring_cells < 2 * g.slots) return false;
  if (!plausible_ring(g.client_events) || !plausible_ring(g.worker_events)) return false;
  if (g.histograms != 0 && g.histograms != kMaxNames) return false;
  if (g.arguments_bytes > size(Segment::tasks)) return false;
  if (g.window_bytes > size(Segment::results) / g.workers) return false;
  if (g.arena_bytes > g.window_bytes || g.window_bytes % kPage != 0) return false;
  return g.window_bytes == g.arena_at() + g.arena_bytes &&
         g.tasks_bytes() == size(Segment::tasks) && g.control_bytes() == size(Segment::control) &&
         g.results_bytes() == size(Segment::results) && g.facts_bytes() == size(Segment::facts);
}

// Far from where differences of two times overflow.
bool plausible_time(std::int64_t ns) { return ns >= 0 && ns < std::int64_t{1} << 62; }

}  // namespace

LoadError check_identity(std::span<const std::byte, kHeaderStart> start) {
  const auto magic = MUSTER_HEADER_FIELD(magic);
  if (magic == 0) return LoadError::gone;
  if (magic != kPoolMagic) return LoadError::corrupt;
  if (MUSTER_HEADER_FIELD(version) != kLayoutVersion ||
      MUSTER_HEADER_FIELD(layout_hash) != layout_hash()) {
    return LoadError::other_version;
  }
  return LoadError::none;
}

LoadError check_header(std::span<const std::byte, kHeaderStart> start,
                       const std::array<std::uint64_t, kSegments>& sizes,
                       PoolConstants& constants) {
  const LoadError identity = check_identity(start);
  if (identity != LoadError::none) return identity;
  constants.geometry = MUSTER_HEADER_FIELD(geometry);
  constants.id = MUSTER_HEADER_FIELD(id);
  constants.client_pid = static_cast<pid_t>(MUSTER_HEADER_FIELD(client_pid));
  constants.created_realtime_ns = MUSTER_HEADER_FIELD(created_realtime_ns);
  constants.created_monotonic_ns = MUSTER_HEADER_FIELD(created_monotonic_ns);
  const bool possible = plausible(constants.geometry, sizes) && constants.client_pid > 0 &&
                        plausible_time(constants.created_realtime_ns) &&
                        plausible_time(constants.created_monotonic_ns);
  return possible ? LoadError::none : LoadError::corrupt;
}

}  // namespace muster::detail
