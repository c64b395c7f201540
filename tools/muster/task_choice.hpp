#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool {

// Which tasks are asked for.
struct TaskFilter {
  std::optional<muster::TaskState> state;
  std::optional<muster::Duration> older_than;
  std::string name;  // a pattern of fnmatch(3); "": any
};

struct TaskChoice {
  std::vector<muster::TaskInfo> tasks;  // the oldest first; those whose age is not known last
  std::uint64_t more = 0;               // that match as well
  std::uint64_t not_timed = 0;          // left out, because it is not known whether they are older
};

// How long it has run, or has waited where it does not run yet.
std::optional<muster::Duration> age_of(const muster::TaskInfo& task);

// At most `limit` of those that match.
TaskChoice choose_tasks(std::vector<muster::TaskInfo> tasks, const TaskFilter& filter,
                        std::size_t limit);

}  // namespace muster_tool
