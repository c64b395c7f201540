#pragma once

// How a task is handed to the workers: (1) its slot's word, (2) a hint in the ring, or, where the
// ring is full, the epoch, after which workers look at all slots. In this order: a hint whose task
// is not pending yet would be dropped as stale. Then the publisher fences and looks for sleepers
// (parking.hpp).
//
// By the client alone, under its lock. If it dies here the pool ends.

#include "lib/queue/hint_ring.hpp"
#include "lib/slots/slot_table.hpp"

namespace muster::detail {

template <class Platform>
[[gnu::always_inline]] inline void publish_task(SlotTable<Platform>& slots,
                                                HintRing<Platform>& ring, std::uint32_t slot,
                                                TaskTag tag, std::uint32_t attention) {
  slots.publish(slot, tag, attention);
  // A ring full of hints of cancelled tasks.
  if (!ring.publish(Hint(slot, tag))) ring.bump_sweep_epoch();
}

}  // namespace muster::detail
