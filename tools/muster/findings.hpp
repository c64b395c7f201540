#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "stuck.hpp"

namespace muster_tool {

// What a pool may have before somebody is to be told; nothing: any.
struct Limits {
  std::optional<std::uint64_t> queue;   // tasks queued
  std::optional<muster::Duration> age;  // that a task has waited
  std::optional<std::uint64_t> stuck;   // workers
  std::optional<std::uint64_t> deaths;  // since the pool was made
  // That a worker runs one task, or starts.
  muster::Duration stuck_after = kStuckAfter;
};

struct Measured {
  std::uint64_t stuck = 0;
  // Of those that have a slot, the longest that one has waited; nothing: none is known to wait.
  std::optional<muster::Duration> oldest;
};

Measured measure(const muster::PoolInfo& pool, const std::vector<muster::TaskInfo>& tasks,
                 const Limits& limits);

// What is not as it should be, a clause each.
std::vector<std::string> findings(const muster::PoolInfo& pool, const Measured& measured,
                                  const Limits& limits);

}  // namespace muster_tool
