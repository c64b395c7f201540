#pragma once

#include <muster/stats.hpp>

namespace muster_tool {

// A worker that has run one task for so long is called stuck, where nobody says otherwise.
inline constexpr std::chrono::minutes kStuckAfter{10};

// Whether there is a task in its hands, running or held up with its process.
inline bool has_task(const muster::WorkerStats& worker) {
  return worker.state == muster::WorkerState::running ||
         (worker.state == muster::WorkerState::stopped && worker.task_id != 0);
}

inline bool is_stuck(const muster::WorkerStats& worker, muster::Duration after) {
  return worker.state == muster::WorkerState::running && worker.running_for > after;
}

}  // namespace muster_tool
