#include "findings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "text.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::PoolState;
using muster::TaskInfo;
using muster::WorkerState;

std::uint64_t stopped(const PoolInfo& pool) {
  return static_cast<std::uint64_t>(std::ranges::count(
      pool.stats.workers, WorkerState::stopped, [](const auto& worker) { return worker.state; }));
}

// "": as it should be. A pool that takes no more tasks, or has ended, is as its program wants it.
std::string finding_of_state(const PoolInfo& pool) {
  switch (pool.state) {
    case PoolState::starting:
    case PoolState::ok:
    case PoolState::shutdown:
    case PoolState::closed: return "";
    case PoolState::degraded: {
      std::string text = fmt::format("{} of {} alive", pool.workers_alive,
                                     counted(pool.stats.workers.size(), "worker", "workers"));
      if (const std::uint64_t count = stopped(pool); count != 0) {
        text += fmt::format(", {} stopped", count);
      }
      if (pool.supervisor_stopped) {
        text += fmt::format(", its supervisor (pid {}) stopped", pool.supervisor_pid);
      }
      return text;
    }
    case PoolState::broken:
      return pool.why_broken.empty() ? "nothing runs in it any more" : printable(pool.why_broken);
    case PoolState::orphan: return "its client is gone";
    case PoolState::unknown: break;
  }
  return "its state is not known";
}

// Workers that are being made, or run their initializers, for longer than they should; 0 where none
// is, also where there is no worker yet.
std::uint64_t starting_for_long(const PoolInfo& pool, const Limits& limits) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(pool.stats.workers, [&](const muster::WorkerStats& worker) {
        return worker.state == WorkerState::starting && worker.age > limits.stuck_after;
      }));
}

// "": it is not, or not for long.
std::string finding_of_start(const PoolInfo& pool, const Limits& limits) {
  if (const std::uint64_t count = starting_for_long(pool, limits); count != 0) {
    return fmt::format("{} starting for more than {}: see what the initializer waits for",
                       counted(count, "worker is", "workers are"), describe(limits.stuck_after));
  }
  const bool has_workers = std::ranges::any_of(
      pool.stats.workers, [](const auto& worker) { return worker.state != WorkerState::dead; });
  if (pool.state != PoolState::starting || has_workers || pool.age <= limits.stuck_after) return "";
  return fmt::format("it has no worker after {}", describe(pool.age));
}

}  // namespace

Measured measure(const PoolInfo& pool, const std::vector<TaskInfo>& tasks, const Limits& limits) {
  Measured measured;
  measured.stuck = static_cast<std::uint64_t>(std::ranges::count_if(
      pool.stats.workers,
      [&](const muster::WorkerStats& worker) { return is_stuck(worker, limits.stuck_after); }));
  for (const TaskInfo& task : tasks) {
    if (task.state != muster::TaskState::pending || !task.waited) continue;
    measured.oldest = std::max(measured.oldest.value_or(muster::Duration()), *task.waited);
  }
  return measured;
}

std::vector<std::string> findings(const PoolInfo& pool, const Measured& measured,
                                  const Limits& limits) {
  std::vector<std::string> all;
  if (std::string finding = finding_of_state(pool); !finding.empty()) {
    all.push_back(std::move(finding));
  }
  if (std::string finding = finding_of_start(pool, limits); !finding.empty()) {
    all.push_back(std::move(finding));
  }
  const muster::PoolStats& stats = pool.stats;
  if (limits.queue && stats.queued > *limits.queue) {
    all.push_back(
        fmt::format("{} tasks queued, at most {} should be", stats.queued, *limits.queue));
  }
  if (limits.age && measured.oldest && *measured.oldest > *limits.age) {
    all.push_back(fmt::format("a task has waited for {}, at most {} should it",
                              describe(*measured.oldest), describe(*limits.age)));
  }
  if (limits.stuck && measured.stuck > *limits.stuck) {
    all.push_back(fmt::format("{} for more than {} at one task",
                              counted(measured.stuck, "worker is", "workers are"),
                              describe(limits.stuck_after)));
  }
  if (limits.deaths && stats.deaths > *limits.deaths) {
    all.push_back(fmt::format("{} of workers, at most {} should be",
                              counted(stats.deaths, "death", "deaths"), *limits.deaths));
  }
  return all;
}

}  // namespace muster_tool
