#pragma once

// The definitions of worker_queue.hpp.

#include <utility>

#include "lib/common/prefetch.hpp"
#include "lib/futures/spin.hpp"
#include "worker/worker_queue.hpp"

namespace muster::detail {

namespace worker_queue {
// Shorter than this, reading the clock for each is felt.
inline constexpr std::uint64_t kMinuteTicks = 600;
// How many reserved tasks ahead their cache lines are fetched.
inline constexpr std::size_t kFetchAhead = 4;
// The first sleep's bound, doubled up to the longest while nothing turns up.
inline constexpr std::int64_t kFirstSleepNs = 100'000'000;
inline constexpr std::int64_t kLongestSleepNs = 10'000'000'000;
// How much longer a sleep goes on when its bound found work: a wake may be on its way, from one who
// waits for a processor.
inline constexpr std::int64_t kRescueGraceNs = 50'000'000;
}  // namespace worker_queue

template <class Platform, class Pace>
BasicWorkerQueue<Platform, Pace>::BasicWorkerQueue(const SharedQueue<Platform>& queue,
                                                   const TasksView& tasks, WorkerRecord& record,
                                                   std::uint32_t worker, std::size_t limit,
                                                   bool spins)
    : tasks_(tasks),
      slots_(queue.slots),
      ring_(queue.ends, queue.cells),
      parking_(queue.sleepers, queue.park),
      reservations_(queue.reservations),
      record_(record),
      worker_(worker),
      workers_(static_cast<std::uint32_t>(queue.park.size())),
      limit_(limit),
      spins_(spins),
      sweep_at_(static_cast<std::uint32_t>(queue.slots.size())),
      average_ticks_(Pace::kTinyTicks),
      sleep_bound_ns_(worker_queue::kFirstSleepNs) {
  // The predecessor's: counted already.
  reservations_[worker_].announce({});
}

template <class Platform, class Pace>
void BasicWorkerQueue<Platform, Pace>::depart() {
  parking_.forget(worker_);
  // As before a sleep: who publishes sees that this one does not count any more, or is seen here.
  parking_.fence_after_prepare();
  wake_next();  // what was left to this one is another's now
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::try_pop(Hint& task) {
  while (!exhausted()) {
    auto found = begin_reserved();
    if (!found) found = sweep();
    if (found) {
      task = *found;
      return true;
    }
    if (!reserve()) return false;
  }
  return false;
}

template <class Platform, class Pace>
PopResult BasicWorkerQueue<Platform, Pace>::pop_until(Hint& task, Deadline until) {
  while (true) {
    if (try_pop(task)) return PopResult::item;
    if (exhausted() || ring_.closed()) return PopResult::closed;
    reserved_at_ticks_ = 0;  // what follows is idle time, not a task's
    if (spins_ && spin()) continue;
    if (park(task, until)) return PopResult::item;
    const std::uint32_t gone = blocks_gone();
    if (std::exchange(seen_gone_, gone) != gone) return PopResult::timed_out;
    if (until.expired()) return PopResult::timed_out;
  }
}

template <class Platform, class Pace>
std::optional<Hint> BasicWorkerQueue<Platform, Pace>::begin_reserved() {
  while (begun_ < reserved_count_) {
    const Hint hint(reserved_[begun_]);
    if (begun_ + worker_queue::kFetchAhead < reserved_count_)
      fetch(begun_ + worker_queue::kFetchAhead);
    reservations_[worker_].advance(++begun_);
    if (claim(hint)) return hint;
  }
  return std::nullopt;
}

// What claiming and running the task will touch.
template <class Platform, class Pace>
void BasicWorkerQueue<Platform, Pace>::fetch(std::size_t reserved) {
  const std::uint32_t slot = Hint(reserved_[reserved]).slot();
  if (slot >= slots_.size()) return;
  prefetch_to_write(&slots_.attention_word(slot));
  prefetch_to_read(&tasks_.part(slot));
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::times_each() const {
  return average_ticks_ >= worker_queue::kMinuteTicks;
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::claim(Hint hint) {
  // The cells are writable by all: a slot beyond the table is nobody's.
  if (hint.slot() >= slots_.size()) return false;
  if (!slots_.claim(hint.slot(), hint.tag(), worker_)) return false;
  // For the client's and the supervisor's clocks. Release pairs with their acquire of `current`:
  // whoever sees this task there sees its start.
  if (begun_ <= 1 || times_each() || (tasks_.part(hint.slot()).flags & (kTimed | kTraced)) != 0) {
    record_.started_ticks.store(Pace::ticks(), std::memory_order_relaxed);
  }
  record_.current.store(hint.bits() + 1, std::memory_order_release);
  ++taken_in_all_;
  return true;
}

template <class Platform, class Pace>
std::optional<Hint> BasicWorkerQueue<Platform, Pace>::sweep() {
  const std::uint32_t epoch = ring_.sweep_epoch();
  if (epoch != seen_epoch_) {
    seen_epoch_ = epoch;  // before the scan: what changes during it is in the next epoch
    sweep_at_ = 0;
  }
  for (; sweep_at_ < slots_.size(); ++sweep_at_) {
    const SlotWord word = slots_.read(sweep_at_);
    if (word.status() != SlotStatus::pending) continue;
    const Hint hint(sweep_at_, word.tag());
    if (claim(hint)) {
      ++sweep_at_;
      wake_next();
      return hint;
    }
  }
  return std::nullopt;
}

// How long the tasks of the last reservation took, one with the other.
template <class Platform, class Pace>
void BasicWorkerQueue<Platform, Pace>::measure() {
  const std::uint64_t now = Pace::ticks();
  if (reserved_at_ticks_ != 0 && begun_ != 0) {
    // A quarter of the difference: follows a change of load within a few reservations.
    const auto spent = static_cast<std::int64_t>((now - reserved_at_ticks_) / begun_);
    const auto average = static_cast<std::int64_t>(average_ticks_);
    average_ticks_ = static_cast<std::uint64_t>(average + (spent - average) / 4);
    record_.average_ticks.store(average_ticks_, std::memory_order_relaxed);  // for the client
  }
  reserved_at_ticks_ = now;
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::reserve() {
  measure();
  const bool sleepers = workers_ > 1 && parking_.anyone_sleeps() && !parking_.watched();
  std::size_t most = std::min(kMaxReserved, left());
  if (sleepers || average_ticks_ >= Pace::kTinyTicks) {
    most = 1;
  } else if (workers_ > 1) {
    most = std::clamp<std::size_t>(Pace::fair_share(approximate_size(), workers_), 1, most);
  }
  const auto taking = [&](std::size_t count) {
    reservations_[worker_].announce(std::span(reserved_).first(count));
  };
  begun_ = 0;
  reserved_count_ = ring_.reserve(std::span(reserved_).first(most), taking);
  if (reserved_count_ == 0) {
    reservations_[worker_].announce({});
    return ring_.ready();  // another worker was faster: look again
  }
  for (std::size_t i = 0; i < std::min(reserved_count_, worker_queue::kFetchAhead); ++i) fetch(i);
  if (sleepers) wake_next();
  return true;
}

// One wake is pending at most, and who wakes sends the next one while there is more to do: in the
// ring, or perhaps in a slot without a hint that nobody has looked at.
template <class Platform, class Pace>
void BasicWorkerQueue<Platform, Pace>::wake_next() {
  const bool unswept = sweep_at_ < slots_.size() || ring_.sweep_epoch() != seen_epoch_;
  if ((ring_.size() == 0 && !unswept) || parking_.watched()) return;
  parking_.wake_one();
}

template <class Platform, class Pace>
std::optional<Hint> BasicWorkerQueue<Platform, Pace>::steal() {
  std::optional<Hint> found;
  for (std::uint32_t other = 0; other < workers_ && !found; ++other) {
    if (other == worker_) continue;
    reservations_[other].for_each([&](Hint hint) {
      if (!claim(hint)) return false;
      found = hint;
      return true;
    });
  }
  return found;
}

// As recovery does it: their hints are gone from the ring, so that everybody looks at all slots.
template <class Platform, class Pace>
void BasicWorkerQueue<Platform, Pace>::give_back() {
  if (begun_ == reserved_count_) return;
  begun_ = reserved_count_ = 0;
  reservations_[worker_].announce({});
  ring_.bump_sweep_epoch();  // depart() wakes one who looks, who wakes the next
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::spin() {
  const std::uint64_t start = Pace::ticks();
  do {
    for (int i = 0; i < 16; ++i) {
      if (ring_.ready()) return true;
      cpu_relax();
    }
    if (ring_.closed() || ring_.sweep_epoch() != seen_epoch_) return true;
  } while (Pace::ticks() - start < kSpinTicks);
  return false;
}

template <class Platform, class Pace>
bool BasicWorkerQueue<Platform, Pace>::park(Hint& task, Deadline until) {
  // Between the mark and the sleep, everything that could have turned up before the mark is
  // looked at once more (parking.hpp).
  record_.current.store(0, std::memory_order_relaxed);
  parking_.prepare(worker_);
  parking_.fence_after_prepare();
  const auto work = [&] {
    return ring_.size() != 0 || ring_.closed() || ring_.sweep_epoch() != seen_epoch_;
  };
  if (work() || blocks_gone() != seen_gone_) {
    parking_.leave(worker_);
    return false;
  }
  if (const auto hint = steal()) {
    // A wake that came meanwhile has gone on to one that sleeps: this one does not yet.
    parking_.leave(worker_);
    task = *hint;
    return true;
  }
  record_.parks.fetch_add(1, std::memory_order_relaxed);  // a count
  const Deadline bound = std::min(until, Deadline::at(monotonic_ns() + sleep_bound_ns_));
  const bool timed_out = parking_.sleep(worker_, bound) == FutexResult::timed_out;
  if (timed_out && work()) {
    // Who published it may be just about to wake us.
    const std::uint64_t taken = ring_.taken();
    parking_.sleep(worker_, Deadline::at(monotonic_ns() + worker_queue::kRescueGraceNs));
    // While somebody is awake or was woken it is for him to take it, however slow he is, and where
    // something was taken meanwhile this is other work, which may be there for a moment only.
    if (parking_.state(worker_) == kParked && work() && ring_.taken() == taken &&
        parking_.all_sleep() && !parking_.anyone_woken()) {
      record_.rescued.fetch_add(1, std::memory_order_relaxed);  // a count
    }
  }
  parking_.leave(worker_);
  sleep_bound_ns_ = timed_out ? std::min(2 * sleep_bound_ns_, worker_queue::kLongestSleepNs)
                              : worker_queue::kFirstSleepNs;
  return false;
}

}  // namespace muster::detail
