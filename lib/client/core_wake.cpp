// Which workers are woken for what was published.
//
// A task of a few microseconds or more wakes a sleeper if there are more tasks than workers awake.
// Tiny tasks in great numbers do not: those who are awake keep up, and one more would only take a
// core from them or from the client. That they do keep up is watched by the pump, which looks every
// 2 ms while tasks come, and wakes somebody as soon as they do not.

#include <algorithm>

#include "lib/client/process_core.hpp"
#include "lib/common/ticks.hpp"
#include "lib/futures/spin.hpp"

namespace muster::detail {

namespace {

// So many unfinished tasks in slots are a stream.
constexpr std::uint32_t kStream = 64;
// Ticks, about a third of a nanosecond each.
constexpr std::uint64_t kQuickTicks = 3000;
constexpr std::uint64_t kStuckTicks = 150'000;   // a worker in one task for so long is no help
constexpr std::uint64_t kBehindTicks = 300'000;  // so much work in the queue is worth one more core

}  // namespace

// Somebody sleeps.
void ProcessCore::wake_for(std::uint32_t in_slots) {
  // The usual in a stream, before anybody is counted.
  if (in_slots >= kStream && !parking_->all_sleep() && watch_instead()) return;
  const std::size_t awake = geometry_.workers - parking_->sleeping();
  if (awake != 0 && in_slots <= awake) return;
  // With the one that was woken, and this thread.
  if (wake_one_worker() && awake + 2 > cpus_) spin_state().needs_core = true;
}

bool ProcessCore::wake_one_worker() { return parking_->wake_one(); }

// True if the pump sees to it that somebody is woken when that helps.
bool ProcessCore::watch_instead() {
  if (parking_->watched()) return true;
  if (!awake_keep_up(0)) return false;
  parking_->begin_watch();
  ring_doorbell();
  return true;
}

// Whether the workers that are awake need no help with tasks like those of late, `queued` of which
// wait. Believes what workers write about themselves: at worst one too many is woken, or too few.
bool ProcessCore::awake_keep_up(std::uint64_t queued) const {
  const std::uint64_t now = ticks_now();
  std::uint64_t busy = 0;
  std::uint64_t longest = 0;
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    if (parking_->sleeps(w)) continue;
    // Relaxed: a guess.
    const WorkerRecord& record = results_.window(w).record();
    const std::uint64_t average = record.average_ticks.load(std::memory_order_relaxed);
    const std::uint64_t started = record.started_ticks.load(std::memory_order_relaxed);
    if (average == 0 || average >= kQuickTicks) return false;
    if (now > started && now - started >= kStuckTicks &&
        record.current.load(std::memory_order_relaxed) != 0) {
      continue;
    }
    ++busy;
    longest = std::max(longest, average);
  }
  if (busy == 0) return false;
  // One core is the client's.
  return busy + 1 >= cpus_ || queued * longest < kBehindTicks * busy;
}

// By the pump, without the lock: a thread that submits would feel it.
void ProcessCore::watch_workers() {
  std::uint64_t queued = ring_.size();
  // While the watch is on, workers take several hints at once though others sleep: what one has not
  // begun waits behind what it runs.
  for (const Reservation& reservation : control_.reservations()) queued += reservation.left();
  // Relaxed: a count, written under the lock.
  const std::uint64_t submitted = tasks_.header().submitted.load(std::memory_order_relaxed);
  const bool quiet = queued == 0 && submitted == watched_submitted_;
  watched_submitted_ = submitted;
  if (quiet) {
    parking_->end_idle_watch();
    if (ring_.size() != 0) wake_one_worker();
  } else if (queued != 0 && !awake_keep_up(queued)) {
    parking_->end_watch();
    wake_one_worker();
  }
}

}  // namespace muster::detail
