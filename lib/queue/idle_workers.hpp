#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/deadline.hpp"
#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

// How the threads of a pool sleep when there is nothing to do, and how they are woken.
//
// A worker that finds no task searches for a short while and then parks. While somebody searches
// nobody is woken: the searcher will find the task. A searcher that finds one stops searching and,
// if there are more, wakes the next sleeper, who searches. So at most one wake is under way, and
// every thread that is needed gets to run.
//
//   busy --finds nothing--> searching --finds nothing--> parked
//    ^------finds a task-------'  ^------woken-------------'
//
// Why no task is left lying while all sleep: who pushes does (1) push, (2) full fence, (3) read
// `parked` and `searching`. Who parks does (1) count itself parked, (2) stop searching, (3) full
// fence, (4) look into the queue once more. Who stops searching with a task in hand, or counted as
// a searcher in order to wake somebody and found nobody parked, does (1) decrement, (2) full fence,
// (3) look. So does who stopped searching, saw in (4) that there is something, and took a task.
// Whichever fence comes first in the single order of them, the other side sees what was done before
// it.
class IdleWorkers {
 public:
  // A worker's bed. Used by it and, while it is parked, by who wakes it.
  struct Place {
    std::atomic<std::uint32_t> woken{0};  // the futex
    Place* below = nullptr;
    Place* above = nullptr;
    bool parked = false;
  };

  // --- who pushes, after the push and a full fence -----------------------------------------

  // Whether wake_one() is called for.
  bool should_wake() const noexcept {
    // Relaxed: ordered by the fence before.
    return parked_.load(std::memory_order_relaxed) != 0 &&
           searching_.load(std::memory_order_relaxed) == 0;
  }
  // Wakes the worker that parked last, unless somebody searches. none_found: nobody was parked any
  // more, but for a moment it looked as if somebody searched, and one who pushed or found a task
  // may have relied on it: look into the queue after a full fence, and begin anew.
  enum class Woken { one, none_needed, none_found };
  Woken wake_one() noexcept;
  // At shutdown.
  void wake_all() noexcept;

  // --- workers -------------------------------------------------------------------------------

  // Becomes a searcher, if there are not enough of them.
  bool start_searching() noexcept;
  void stop_searching() noexcept { searching_.fetch_sub(1, std::memory_order_seq_cst); }
  // Counts the calling worker as parked; it must look for work once more, and then sleep() or
  // unpark().
  void park(Place& place) noexcept;
  // True: woken, and a searcher. False: the deadline passed; unpark() must follow.
  bool sleep(Place& place, Deadline until) noexcept;
  // Instead of sleep(). True: it had been woken meanwhile, and is a searcher.
  bool unpark(Place& place) noexcept;

  std::size_t parked() const noexcept { return parked_.load(std::memory_order_relaxed); }

 private:
  void remove(Place& place) noexcept;

  static constexpr std::uint32_t kMostSearchers = 1;

  // Read by each push, written only where workers run out of tasks.
  alignas(64) std::atomic<std::uint32_t> parked_{0};
  std::atomic<std::uint32_t> searching_{0};
  FutexMutex mutex_;
  Place* top_ = nullptr;  // under mutex_
};

}  // namespace muster::detail
