#include "lib/threads/pool_queue.hpp"

#include "lib/common/futex.hpp"
#include "lib/futures/spin.hpp"

namespace muster::detail {
static_assert(TaskSink<PoolQueue::WorkerEnd> && TaskQueue<PoolQueue::WorkerEnd>);

void PoolQueue::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);
  idle_.wake_all();
}

void PoolQueue::wake_one() {
  do {
    switch (idle_.wake_one()) {
      case IdleWorkers::Woken::one:
        if (crowded()) spin_state().needs_core = true;
        return;
      case IdleWorkers::Woken::none_needed: return;
      case IdleWorkers::Woken::none_found: full_fence(); break;
    }
  } while (approximate_size() != 0 && idle_.should_wake());
}

PoolQueue::WorkerEnd::WorkerEnd(PoolQueue& queue)
    : queue_(queue), token_(queue.tasks_.make_token()) {
  queue_.workers_.fetch_add(1, std::memory_order_relaxed);  // for crowded()
}

PoolQueue::WorkerEnd::~WorkerEnd() { queue_.workers_.fetch_sub(1, std::memory_order_relaxed); }

bool PoolQueue::WorkerEnd::try_push(Item& task) {
  if (queue_.closed() || !queue_.push(task)) return false;
  queue_.wake_if_needed();
  return true;
}

bool PoolQueue::WorkerEnd::search(Item& task) {
  if (queue_.crowded()) return try_pop(task);
  const std::uint64_t start = ticks_now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (try_pop(task)) return true;
      if (queue_.closed()) return false;
      cpu_relax();
    }
  } while (ticks_now() - start < kSpinTicks);
  return false;
}

void PoolQueue::WorkerEnd::found_by_searching() {
  queue_.idle_.stop_searching();
  full_fence();
  if (queue_.approximate_size() != 0) queue_.wake_if_needed();
}

PopResult PoolQueue::WorkerEnd::pop_until(Item& task, Deadline until) {
  IdleWorkers& idle = queue_.idle_;
  bool searcher = idle.start_searching();
  for (;;) {
    if (searcher) {
      if (search(task)) {
        found_by_searching();
        return PopResult::item;
      }
    } else if (try_pop(task)) {
      // Who pushed several while this worker counted as a searcher woke nobody for any of them.
      if (queue_.approximate_size() != 0) queue_.wake_if_needed();
      return PopResult::item;
    }
    idle.park(place_);
    if (searcher) idle.stop_searching();
    full_fence();
    if (queue_.approximate_size() != 0) {
      searcher = idle.unpark(place_);
    } else if (queue_.closed()) {
      if (idle.unpark(place_)) idle.stop_searching();
      return PopResult::closed;
    } else if (idle.sleep(place_, until)) {
      searcher = true;
    } else {
      searcher = idle.unpark(place_);
      if (!searcher && queue_.approximate_size() == 0) return PopResult::timed_out;
    }
  }
}

}  // namespace muster::detail
