#include "open_pool.hpp"

namespace muster_tool::top {

void OpenPool::look() {
  if (ended_) return;
  // Asked first, so that the last look comes after its end.
  ended_ = !inspector_.alive();
  model_.add(inspector_.look());
}

const TaskHistory& OpenPool::history(std::size_t worker) {
  for (const muster::TaskEvent& event : inspector_.events()) {
    if (event.worker) histories_[*event.worker].add(event);
  }
  return histories_[worker];
}

}  // namespace muster_tool::top
