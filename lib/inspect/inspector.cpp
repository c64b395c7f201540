// A pool that is looked at time and again.

#include <algorithm>
#include <utility>

#include "lib/inspect/choice.hpp"
#include "lib/inspect/event_reader.hpp"
#include "lib/inspect/inspector_pool.hpp"
#include "lib/inspect/picture.hpp"
#include "lib/inspect/task_list.hpp"

namespace muster {

PoolInspector::PoolInspector(std::string_view pool, const InspectOptions& options)
    : pool_(std::make_unique<Pool>(detail::choose_pool(pool, options))) {}

PoolInspector::~PoolInspector() = default;
PoolInspector::PoolInspector(PoolInspector&&) noexcept = default;
PoolInspector& PoolInspector::operator=(PoolInspector&&) noexcept = default;

PoolInfo PoolInspector::look() {
  detail::FoundPool now = pool_->chosen.found;
  std::erase_if(now.holders, [](const auto& place) { return !detail::still_there(place); });
  return detail::take_picture(now, pool_->chosen.pool);
}

bool PoolInspector::alive() const {
  return std::ranges::any_of(pool_->chosen.found.holders, detail::still_there);
}

std::vector<TaskInfo> PoolInspector::tasks() {
  return detail::list_tasks(pool_->chosen.pool.views());
}

std::vector<TaskEvent> PoolInspector::events(std::uint64_t* lost) {
  const std::uint64_t gone = pool_->events.read();
  if (lost != nullptr) *lost = gone;
  return pool_->events.take();
}

}  // namespace muster
