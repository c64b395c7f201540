#pragma once

#include <span>

#include "lib/queue/hint_ring.hpp"
#include "lib/queue/parking.hpp"
#include "lib/queue/reservation.hpp"
#include "lib/slots/slot_table.hpp"

namespace muster::detail {

// What client, supervisor and workers share of a queue. Each of them builds handles of its own on
// it.
template <class Platform>
struct SharedQueue {
  std::span<typename SlotTable<Platform>::Line> slots;
  typename HintRing<Platform>::Ends* ends;
  std::span<typename HintRing<Platform>::Cell> cells;
  typename Parking<Platform>::Sleepers* sleepers;
  std::span<typename Parking<Platform>::Line> park;    // one a worker
  std::span<BasicReservation<Platform>> reservations;  // one a worker
};

}  // namespace muster::detail
