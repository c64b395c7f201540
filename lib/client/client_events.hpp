#pragma once

#include <cstdint>

#include "lib/segments/views.hpp"

namespace muster::detail {

// The client's ring of events (event_ring.hpp). Its pages are allocated as it fills, so that a pool
// that is not used does not have them; where there is no memory for them the ring ends there.
//
// Under the pool's lock.
class ClientEvents {
 public:
  ClientEvents() = default;
  // The ring lies in the file `fd` where it lies in the view.
  ClientEvents(const TasksView& tasks, int fd);

  void put(const Event& event) {
    if (!ring_.on()) return;
    if (room_ == 0 && !make_room()) [[unlikely]]
      return;
    --room_;
    ring_.put(event);
  }

 private:
  bool make_room();

  EventRing ring_;
  int fd_ = -1;
  std::uint64_t next_page_ = 0;  // of the file, that is not allocated yet
  std::uint64_t end_ = 0;
  std::uint64_t room_ = 0;  // events until then
};

}  // namespace muster::detail
