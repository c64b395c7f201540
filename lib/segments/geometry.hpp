#pragma once

// Where everything lies in a pool's four pieces of shared memory. Computed once by the client,
// kept in private memory by every process: what is shared can be scribbled over.
//
// | segment  | holds                                               | client | worker w | others | supervisor | tool |
// | tasks    | pool header, names, task parts, trace marks,        |        |          |        |            |      |
// |          | returns, the client's events, arguments             | RW     | RO       | RO     | RO         | RO   |
// | control  | slots, ring, park words, reservations               | RW     | RW       | RW     | RW         | RO   |
// | results  | a window a worker: record, telemetry, copy of its   |        |          |        |            |      |
// |          | stack, arena                                        | RO     | RW, own  | -      | RO         | RO   |
// | facts    | pids, incarnations, deaths                          | RO     | RO       | RO     | RW         | RO   |

#include <cstddef>
#include <cstdint>

#include <muster/options.hpp>

namespace muster::detail {

inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kMaxNames = 256;
inline constexpr std::size_t kNameBytes = 64;

constexpr std::size_t page_up(std::size_t n) { return (n + kPage - 1) / kPage * kPage; }
constexpr std::size_t page_down(std::size_t n) { return n / kPage * kPage; }

struct Geometry {
  std::uint32_t workers = 0;
  std::uint32_t slots = 0;          // a power of two
  std::uint32_t ring_cells = 0;     // a power of two, at least twice the slots
  std::uint32_t client_events = 0;  // entries of the client's ring of events; a power of two, or 0
  std::uint32_t worker_events = 0;  // of each worker's
  std::uint32_t histograms = 0;     // of each worker: TelemetryPlan::histograms
  std::uint64_t arguments_bytes = 0;  // address space of the arguments' arena, at the end of tasks
  std::uint64_t window_bytes = 0;     // of one worker's results
  std::uint64_t arena_bytes = 0;      // address space of one worker's arena, at its window's end

  // For `workers` workers; the arenas' address space is what the limits of this process allow.
  static Geometry choose(std::size_t workers, const TelemetryOptions& telemetry = {});

  std::size_t tasks_bytes() const;
  std::size_t control_bytes() const;
  std::size_t results_bytes() const;
  std::size_t facts_bytes() const;

  // Offsets into tasks.
  static constexpr std::size_t names_at() { return kPage; }
  static constexpr std::size_t parts_at() { return page_up(names_at() + kMaxNames * kNameBytes); }
  std::size_t trace_marks_at() const;
  std::size_t returns_at() const;
  std::size_t client_events_at() const;
  std::size_t arguments_at() const;
  // Offsets into control.
  std::size_t sleepers_at() const;
  std::size_t park_at() const;
  std::size_t reservations_at() const;
  std::size_t slot_lines_at() const;
  std::size_t cells_at() const;
  // Offsets into one window.
  std::size_t telemetry_at() const;
  std::size_t stack_at() const;  // the copy, see stack_record.hpp
  std::size_t arena_at() const;
  // Of one window, from its beginning: what has pages in any case.
  std::size_t window_fixed_bytes() const;

  friend bool operator==(const Geometry&, const Geometry&) = default;
};

}  // namespace muster::detail
