#include "lib/queue/idle_workers.hpp"

#include <mutex>

#include "lib/common/futex.hpp"

namespace muster::detail {

bool IdleWorkers::start_searching() noexcept {
  std::uint32_t now = searching_.load(std::memory_order_relaxed);
  while (now < kMostSearchers) {
    if (searching_.compare_exchange_weak(now, now + 1, std::memory_order_seq_cst,
                                         std::memory_order_relaxed))
      return true;
  }
  return false;
}

IdleWorkers::Woken IdleWorkers::wake_one() noexcept {
  // The woken one searches from now on, so that nobody wakes another meanwhile.
  if (!start_searching()) return Woken::none_needed;
  Place* place;
  {
    std::lock_guard lock(mutex_);
    place = top_;
    if (place != nullptr) remove(*place);
  }
  if (place == nullptr) {
    stop_searching();
    return Woken::none_found;
  }
  // Release: pairs with the acquire in sleep() and unpark().
  place->woken.store(1, std::memory_order_release);
  futex_wake(place->woken, 1);
  return Woken::one;
}

void IdleWorkers::wake_all() noexcept {
  for (;;) {
    Place* place;
    {
      std::lock_guard lock(mutex_);
      place = top_;
      if (place == nullptr) return;
      remove(*place);
      searching_.fetch_add(1, std::memory_order_seq_cst);
    }
    place->woken.store(1, std::memory_order_release);
    futex_wake(place->woken, 1);
  }
}

void IdleWorkers::park(Place& place) noexcept {
  std::lock_guard lock(mutex_);
  place.woken.store(0, std::memory_order_relaxed);
  place.parked = true;
  place.above = nullptr;
  place.below = top_;
  if (top_ != nullptr) top_->above = &place;
  top_ = &place;
  parked_.store(parked_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
}

void IdleWorkers::remove(Place& place) noexcept {
  if (place.above != nullptr)
    place.above->below = place.below;
  else
    top_ = place.below;
  if (place.below != nullptr) place.below->above = place.above;
  place.parked = false;
  parked_.store(parked_.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
}

bool IdleWorkers::sleep(Place& place, Deadline until) noexcept {
  // Acquire: pairs with the release of who wakes.
  while (place.woken.load(std::memory_order_acquire) == 0) {
    if (futex_wait(place.woken, 0, until) == FutexResult::timed_out) return false;
  }
  return true;
}

bool IdleWorkers::unpark(Place& place) noexcept {
  {
    std::lock_guard lock(mutex_);
    if (place.parked) {
      remove(place);
      return false;
    }
  }
  // Somebody took it off the stack and is about to wake it.
  sleep(place, Deadline::never());
  return true;
}

}  // namespace muster::detail
