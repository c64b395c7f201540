#include "lib/threads/pool_queue.hpp"

#include <algorithm>
#include <array>

#include "lib/common/sanitizers.hpp"
#include "lib/futures/spin.hpp"

namespace muster::detail {
static_assert(TaskSink<PoolQueue::WorkerEnd> && TaskQueue<PoolQueue::WorkerEnd>);

void PoolQueue::close() noexcept {
  fence_against_pushers();
  closed_.store(true, std::memory_order_seq_cst);
  idle_.wake_all();
}

void PoolQueue::prefer_light_fences() noexcept {
  // The thread sanitizer knows no fences of the kernel's.
  if constexpr (kSanitized) return;
  if (light_wanted_.exchange(true, std::memory_order_seq_cst)) return;
  if (!has_heavy_fence()) return;
  // Who looks at light_wanted_ from here on makes a heavy fence. Who saw it false had written what
  // it wrote before this fence, and pushers that see light_ come after it.
  full_fence();
  light_.store(true, std::memory_order_release);
}

void PoolQueue::fence_against_pushers() noexcept {
  full_fence();
  if (light_wanted_.load(std::memory_order_seq_cst) && has_heavy_fence()) heavy_fence();
}

void PoolQueue::wake_one_if_needed() {
  full_fence();
  while (idle_.should_wake()) {
    switch (idle_.wake_one()) {
      case IdleWorkers::Woken::one:
        if (crowded()) spin_state().needs_core = true;
        return;
      case IdleWorkers::Woken::none_needed: return;
      case IdleWorkers::Woken::none_found: break;
    }
    full_fence();
    if (approximate_size() == 0) return;
  }
}

std::size_t PoolQueue::approximate_size() const {
  std::size_t size = tasks_.approximate_size();
  // Acquire: pairs with the release in add().
  for (const ReservedTasks* r = reserved_.load(std::memory_order_acquire); r != nullptr;
       r = r->next_of_queue)
    size += r->approximate_size();
  return size;
}

bool PoolQueue::steal(StateBase*& task) noexcept {
  for (ReservedTasks* r = reserved_.load(std::memory_order_acquire); r != nullptr;
       r = r->next_of_queue) {
    if (r->steal(task)) return true;
  }
  return false;
}

void PoolQueue::add(ReservedTasks& reserved) noexcept {
  reserved.next_of_queue = reserved_.load(std::memory_order_relaxed);
  while (!reserved_.compare_exchange_weak(reserved.next_of_queue, &reserved,
                                          std::memory_order_release, std::memory_order_relaxed)) {
  }
}

std::size_t PoolQueue::share() const {
  if (idle_.parked() != 0) return 1;
  return std::min(tasks_.approximate_size() / std::max<std::size_t>(awake(), 1),
                  ReservedTasks::kMost + 1);
}

PoolQueue::WorkerEnd::WorkerEnd(PoolQueue& queue, ReservedTasks& reserved)
    : queue_(queue), token_(queue.tasks_.make_token()), reserved_(reserved) {
  queue_.add(reserved_);
  queue_.workers_.fetch_add(1, std::memory_order_relaxed);  // for crowded()
}

PoolQueue::WorkerEnd::~WorkerEnd() { queue_.workers_.fetch_sub(1, std::memory_order_relaxed); }

// Nobody sleeps while a task waits behind a long one in the hands of a worker: whoever parks does
// (1) count itself parked, (2) fence, (3) look at what is reserved; who reserves does (1) reserve,
// (2) fence, (3) look for who is parked, and wakes one.
bool PoolQueue::WorkerEnd::pop_several(Item& task) {
  const std::size_t share = queue_.share();
  if (share <= 1) return queue_.tasks_.pop(token_, task);
  std::array<StateBase*, ReservedTasks::kMost + 1> taken;
  const std::size_t count = queue_.tasks_.pop(token_, std::span(taken).first(share));
  if (count == 0) return false;
  task = taken[0];
  if (count > 1) {
    reserved_.reserve(std::span(taken).subspan(1, count - 1));
    full_fence();
    queue_.wake_if_needed();
  }
  return true;
}

bool PoolQueue::WorkerEnd::try_push(Item& task) {
  if (queue_.closed() || !queue_.push(task)) return false;
  queue_.wake_if_needed();
  return true;
}

bool PoolQueue::WorkerEnd::search(Item& task) {
  if (queue_.crowded()) return try_pop(task) || queue_.steal(task);
  const std::uint64_t start = ticks_now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (try_pop(task)) return true;
      if (queue_.closed()) return false;
      cpu_relax();
    }
    if (queue_.steal(task)) return true;
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
    } else if (try_pop(task) || queue_.steal(task)) {
      // Who pushed several while this worker counted as a searcher woke nobody for any of them.
      if (queue_.approximate_size() != 0) queue_.wake_if_needed();
      return PopResult::item;
    }
    idle.park(place_);
    if (searcher) idle.stop_searching();
    queue_.fence_against_pushers();
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
