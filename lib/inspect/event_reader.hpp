#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

// Reads the rings of events of a pool's client and of its workers, from where it was last.
class EventReader {
 public:
  // `pool` outlives it.
  explicit EventReader(const LoadedPool& pool);

  // Reads what has come. Returns how many were written over before they could be read; at the first
  // time, none.
  std::uint64_t read();
  // What was read last, in order of time.
  std::vector<TaskEvent> take();

 private:
  TaskEvent to_task_event(const Event& event, const PoolClock& clock);
  std::string_view name(std::uint8_t index);

  const LoadedPool& pool_;
  std::vector<EventRing::Cursor> cursors_;  // of each worker, then of the client
  bool first_ = true;
  std::vector<Event> events_;
  std::array<std::string, kMaxNames> names_;
};

}  // namespace muster::detail
