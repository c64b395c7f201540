#pragma once

// Typed views of the mapped segments. A process builds the ones it may map; whether it may write
// through them is decided by the mapping (see geometry.hpp).

#include <cstddef>
#include <span>

#include "lib/queue/shared_queue.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

template <class T>
T* place(std::byte* base, std::size_t offset) {
  return reinterpret_cast<T*>(base + offset);  // NOLINT: this is where bytes become structures
}

struct TasksView {
  std::byte* base = nullptr;
  Geometry geometry;

  PoolHeader& header() const { return *place<PoolHeader>(base, 0); }
  char* name(std::size_t i) const {
    return place<char>(base, geometry.names_at() + i * kNameBytes);
  }
  TaskPart& part(std::uint32_t slot) const {
    return place<TaskPart>(base, geometry.parts_at())[slot];
  }
  // A TraceMark of each slot: of the task in it, where that has kTraced.
  std::atomic<std::uint64_t>& trace_mark(std::uint32_t slot) const {
    return place<std::atomic<std::uint64_t>>(base, geometry.trace_marks_at())[slot];
  }
  EventRing events() const {
    const std::size_t at = geometry.client_events_at();
    return {place<EventCount>(base, at),
            {place<EventEntry>(base, at + sizeof(EventCount)), geometry.client_events}};
  }
  Returns& returns(std::uint32_t worker) const {
    return place<Returns>(base, geometry.returns_at())[worker];
  }
  std::byte* arguments() const { return base + geometry.arguments_at(); }
};

struct ControlView {
  std::byte* base = nullptr;
  Geometry geometry;

  ControlHeader& header() const { return *place<ControlHeader>(base, 0); }
  Sleepers* sleepers() const { return place<Sleepers>(base, geometry.sleepers_at()); }
  std::span<ParkLine> park() const {
    return {place<ParkLine>(base, geometry.park_at()), geometry.workers};
  }
  std::span<Reservation> reservations() const {
    return {place<Reservation>(base, geometry.reservations_at()), geometry.workers};
  }
  std::span<SlotLine> slot_lines() const {
    return {place<SlotLine>(base, geometry.slot_lines_at()), geometry.slots};
  }
  std::span<RingCell> cells() const {
    return {place<RingCell>(base, geometry.cells_at()), geometry.ring_cells};
  }
  SharedQueue<StdPlatform> queue() const {
    return {slot_lines(), &header().ends, cells(), sleepers(), park(), reservations()};
  }
};

// One worker's window of the results segment.
struct WindowView {
  std::byte* base = nullptr;
  Geometry geometry;

  WorkerRecord& record() const { return *place<WorkerRecord>(base, 0); }
  // Whether a task has begun here: else nothing of the telemetry was written, and to read it would
  // take up memory.
  bool tells() const { return record().tasks_done.load() != 0 || record().current.load() != 0; }
  TelemetryView telemetry() const {
    return {base + geometry.telemetry_at(), {geometry.histograms, geometry.worker_events}};
  }
  std::byte* stack_copy() const { return base + geometry.stack_at(); }
  std::byte* arena() const { return base + geometry.arena_at(); }
};

struct ResultsView {
  std::byte* base = nullptr;
  Geometry geometry;

  WindowView window(std::uint32_t worker) const {
    return {base + worker * geometry.window_bytes, geometry};
  }
};

struct FactsView {
  std::byte* base = nullptr;
  Geometry geometry;

  Facts& facts() const { return *place<Facts>(base, 0); }
  WorkerFacts& worker(std::uint32_t w) const { return place<WorkerFacts>(base, kWorkerFactsAt)[w]; }
};

}  // namespace muster::detail
