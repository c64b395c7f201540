#include "lib/segments/geometry.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "lib/segments/layout.hpp"

namespace muster::detail {

namespace {

// Slots bound what is in flight between client and workers at a time; what is submitted beyond
// waits in the client's own memory. Enough that workers never starve while the client refills,
// few enough that the words and parts of all of them stay in a core's second-level cache.
constexpr std::uint32_t kSlots = 4096;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::uint32_t ring_size(std::size_t events) {
  return events == 0 ? 0 : std::bit_ceil(static_cast<std::uint32_t>(events));
}

}  // namespace

Geometry Geometry::choose(std::size_t workers, const TelemetryOptions& telemetry) {
  Geometry g;
  g.workers = static_cast<std::uint32_t>(workers);
  g.slots = kSlots;
  g.ring_cells = 2 * kSlots;
  g.client_events = ring_size(telemetry.client_events);
  g.worker_events = ring_size(telemetry.worker_events);
  g.histograms = kMaxNames;
  // Address space costs nothing until it is touched, but there is an end to it: 47 bits in all,
  // of which the client maps every window of every pool it has. Twice the machine's memory
  // leaves room for fragmentation.
  const auto memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * kPage;
  std::uint64_t arguments = 2 * memory;
  std::uint64_t arena = std::min(2 * memory, 1024 * kGiB / workers);
  rlimit limit{};
  // Where room is short it is for arguments and results.
  const auto spare = [&g] { g.client_events = g.worker_events = g.histograms = 0; };
  const auto telemetry_bytes = [&] {
    return g.arguments_at() - g.client_events_at() +
           workers * TelemetryPlan{g.histograms, g.worker_events}.bytes();
  };
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    if (telemetry_bytes() > limit.rlim_cur / 16) spare();
    // An eighth of what is allowed for either side: the program needs the rest.
    arguments = std::min<std::uint64_t>(arguments, limit.rlim_cur / 8);
    arena = std::min<std::uint64_t>(arena, limit.rlim_cur / 8 / workers);
  }
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    if (telemetry_bytes() > limit.rlim_cur / 4) spare();
    // Each segment is a file, with a fixed part before its arenas.
    const auto rest = [&](std::uint64_t fixed, std::uint64_t files) {
      return limit.rlim_cur / files > fixed ? (limit.rlim_cur / files - fixed) / kPage * kPage : 0;
    };
    arguments = std::min(arguments, rest(g.arguments_at(), 1));
    arena = std::min(arena, rest(g.arena_at(), workers));
  }
  constexpr std::uint64_t kLeast = 256 * 1024;
  g.arguments_bytes = page_up(std::max(arguments, kLeast));
  g.arena_bytes = page_up(std::max(arena, kLeast));
  g.window_bytes = g.arena_at() + g.arena_bytes;
  return g;
}

std::size_t Geometry::trace_marks_at() const { return parts_at() + slots * sizeof(TaskPart); }
std::size_t Geometry::returns_at() const {
  return page_up(trace_marks_at() + slots * sizeof(std::uint64_t));
}
std::size_t Geometry::client_events_at() const {
  return page_up(returns_at() + workers * sizeof(Returns));
}
std::size_t Geometry::arguments_at() const {
  return page_up(client_events_at() + sizeof(EventCount) + client_events * sizeof(EventEntry));
}
std::size_t Geometry::tasks_bytes() const { return arguments_at() + arguments_bytes; }

std::size_t Geometry::sleepers_at() const { return page_up(sizeof(ControlHeader)); }
std::size_t Geometry::park_at() const { return sleepers_at() + sizeof(Sleepers); }
std::size_t Geometry::reservations_at() const { return park_at() + workers * sizeof(ParkLine); }
std::size_t Geometry::slot_lines_at() const {
  return page_up(reservations_at() + workers * sizeof(Reservation));
}
std::size_t Geometry::cells_at() const {
  return page_up(slot_lines_at() + slots * sizeof(SlotLine));
}
std::size_t Geometry::control_bytes() const {
  return page_up(cells_at() + ring_cells * sizeof(RingCell));
}

std::size_t Geometry::telemetry_at() const { return page_up(sizeof(WorkerRecord)); }
std::size_t Geometry::stack_at() const {
  return telemetry_at() + TelemetryPlan{histograms, worker_events}.bytes();
}
std::size_t Geometry::arena_at() const { return stack_at() + kStackBytes; }
std::size_t Geometry::window_fixed_bytes() const {
  return telemetry_at() + TelemetryPlan::fixed_bytes();
}
std::size_t Geometry::results_bytes() const { return workers * window_bytes; }

std::size_t Geometry::facts_bytes() const {
  return page_up(kWorkerFactsAt + workers * sizeof(WorkerFacts));
}

}  // namespace muster::detail
