#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool {

// Times of a trace are nanoseconds since its pool was made.
using TraceTime = std::int64_t;

// A task, or an attempt at it, in the hands of a worker. Those of one worker do not overlap.
struct TraceSlice {
  std::size_t worker = 0;
  TraceTime begin = 0;
  TraceTime end = 0;  // later
  std::string_view name;
  std::uint64_t task_id = 0;
  unsigned attempt = 1;
  std::string_view outcome;  // "finished", "failed", "died", "requeued", "running" or "unknown"
  unsigned sampling = 1;
};

// When the client took a task or let it go. Those do not overlap either.
struct TraceSubmit {
  TraceTime begin = 0;
  TraceTime end = 0;
  std::string_view name;
  std::uint64_t task_id = 0;
  unsigned sampling = 1;
};

struct TraceMark {
  TraceTime at = 0;
  std::optional<std::size_t> worker;  // none: the client
  std::string name;
  std::string text;
};

struct TraceDepth {
  TraceTime at = 0;
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
};

struct TraceModel {
  std::vector<TraceSlice> slices;    // by begin
  std::vector<TraceSubmit> submits;  // by begin
  std::vector<TraceMark> marks;
  std::vector<TraceDepth> depths;
};

struct TraceWindow {
  TraceTime begin = 0;
  TraceTime end = 0;  // what runs then is cut there
};

// Tasks that still wait at the end of the window.
struct WaitingTasks {
  std::unordered_set<std::uint64_t> with_slot;
  std::optional<std::uint64_t> behind_after;  // and all whose ids are above this

  bool has(std::uint64_t task_id) const {
    return with_slot.contains(task_id) || (behind_after && task_id > *behind_after);
  }
};

TraceTime trace_time(const muster::PoolInfo& pool, std::chrono::system_clock::time_point at);

// What the events tell of the time within the window. `pool` is how the pool was at its end, the
// names are good as long as those of the events. A task's submission is of the window, too, where
// the task waited or ran within it.
TraceModel make_trace(std::vector<muster::TaskEvent> events, const muster::PoolInfo& pool,
                      const TraceWindow& window, const WaitingTasks& waiting = {});

}  // namespace muster_tool
