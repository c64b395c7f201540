#include "lib/client/client_events.hpp"

#include <algorithm>
#include <limits>

#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace {
constexpr std::uint64_t kStep = 64 * 1024;
}  // namespace

ClientEvents::ClientEvents(const TasksView& tasks, int fd)
    : ring_(tasks.events()),
      fd_(fd),
      next_page_(tasks.geometry.client_events_at()),
      end_(tasks.geometry.arguments_at()) {}

bool ClientEvents::make_room() {
  if (next_page_ == end_) {
    room_ = std::numeric_limits<std::uint64_t>::max();
    return true;
  }
  const std::uint64_t step = std::min(kStep, end_ - next_page_);
  if (!allocate_pages(fd_, next_page_, step)) {
    ring_ = {};
    return false;
  }
  // The count stands before the first of them.
  room_ = step / sizeof(EventEntry) - 2;
  next_page_ += step;
  return true;
}

}  // namespace muster::detail
