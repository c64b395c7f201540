#include "task_choice.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace muster_tool {

namespace {

using muster::TaskInfo;

bool older(const TaskInfo& a, const TaskInfo& b) {
  const auto age_a = age_of(a);
  const auto age_b = age_of(b);
  if (age_a.has_value() != age_b.has_value()) return age_a.has_value();
  if (age_a != age_b) return *age_a > *age_b;
  return a.id < b.id;  // they are counted as they are submitted
}

}  // namespace

std::optional<muster::Duration> age_of(const TaskInfo& task) {
  return task.state == muster::TaskState::running ? task.running_for : task.waited;
}

TaskChoice choose_tasks(std::vector<TaskInfo> tasks, const TaskFilter& filter, std::size_t limit) {
  TaskChoice choice;
  for (TaskInfo& task : tasks) {
    if (filter.state && task.state != *filter.state) continue;
    if (!filter.name.empty() && ::fnmatch(filter.name.c_str(), task.name.c_str(), 0) != 0) continue;
    if (filter.older_than) {
      const auto age = age_of(task);
      if (!age) ++choice.not_timed;
      if (!age || *age <= *filter.older_than) continue;
    }
    choice.tasks.push_back(std::move(task));
  }
  std::sort(choice.tasks.begin(), choice.tasks.end(), older);
  if (choice.tasks.size() > limit) {
    choice.more = choice.tasks.size() - limit;
    choice.tasks.erase(choice.tasks.begin() + static_cast<std::ptrdiff_t>(limit),
                       choice.tasks.end());
  }
  return choice;
}

}  // namespace muster_tool
