#pragma once

#include <cstdint>

#include "lib/telemetry/event_ring.hpp"

namespace muster::detail {

// A ring of events (event_ring.hpp) in a memfd, for its one writer. Its pages are allocated as it
// fills, so that one that is not used does not have them; where there is no memory for them the
// ring ends there.
class GrowingRing {
 public:
  struct Growth {
    std::uint64_t step;  // bytes
    bool (*allocate)(int fd, std::size_t offset, std::size_t size);
  };

  GrowingRing() = default;
  // The entries lie at `at` in the file `fd`, and the ring's end at a page's. So many of them were
  // written before, and all of those that have pages.
  GrowingRing(const EventRing& ring, std::uint64_t written, int fd, std::uint64_t at,
              const Growth& growth)
      : ring_(ring), fd_(fd), at_(at), next_(written), growth_(growth) {}

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
  std::uint64_t at_ = 0;
  std::uint64_t next_ = 0;  // entry, of all that there will be, that may have no page
  std::uint64_t room_ = 0;  // entries until then
  Growth growth_{};
};

}  // namespace muster::detail
