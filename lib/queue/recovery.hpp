#pragma once

// What becomes of the queue when a worker is dead: its tasks are ended, what it had taken and not
// begun is found by others, and nobody waits for it.
//
// By the supervisor alone, with the worker confirmed dead, so that it changes nothing any more.
// Steps: (1) end_tasks: each slot word that names it; (2) dismiss: its park word and its bit;
// (3) the epoch, after which everybody looks at all slots; (4) wake all, so that they do look.
//
// If the supervisor dies here: the pool ends. Each step changes nothing when it is done twice.

#include <cstdint>

#include "lib/queue/shared_queue.hpp"

namespace muster::detail {

template <class Platform>
class Recovery {
 public:
  explicit Recovery(const SharedQueue<Platform>& queue)
      : slots_(queue.slots),
        ring_(queue.ends, queue.cells),
        parking_(queue.sleepers, queue.park),
        reservations_(queue.reservations) {}

  // What the dead worker held.
  struct Held {
    std::uint64_t task = 0;    // Hint bits + 1 of what it ran; 0: nothing
    bool was_killing = false;  // it was being killed for that task
    // Hints it had reserved whose tasks wait still. Another worker may have taken some of them
    // first: a reservation stands from before the ring's head is swapped.
    std::uint32_t not_begun = 0;
  };

  Held end_tasks(std::uint32_t worker) {
    Held held;
    slots_.recover(worker, [&](std::uint32_t slot, SlotWord word) {
      held.task = Hint(slot, word.tag()).bits() + 1;
      held.was_killing = word.status() == SlotStatus::killed;
    });
    reservations_[worker].for_each([&](Hint hint) {
      if (hint.slot() >= slots_.size()) return false;
      const SlotWord word = slots_.read(hint.slot());
      if (word == SlotWord(SlotStatus::pending, 0, hint.tag())) ++held.not_begun;
      return false;
    });
    return held;
  }

  // Nobody counts on it, or sends it a wake.
  void dismiss(std::uint32_t worker) { parking_.forget(worker); }

  // Everybody who takes tasks looks for those whose hints went with it.
  void rally() {
    ring_.bump_sweep_epoch();
    parking_.wake_all();
  }

  bool closed() const { return ring_.closed(); }
  SlotTable<Platform>& slots() { return slots_; }

 private:
  SlotTable<Platform> slots_;
  HintRing<Platform> ring_;
  Parking<Platform> parking_;
  std::span<BasicReservation<Platform>> reservations_;
};

}  // namespace muster::detail
