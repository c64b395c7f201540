#pragma once

// How workers sleep when there is nothing to do, and how they are woken.
//
// One park word per worker and one bit per worker in a map of sleepers; the word is the truth, the
// bit a hint that lets the producer see "nobody sleeps" in one load. No shared count: a dead
// worker would leave it wrong.
//
//   awake --worker--> parked --waker--> woken --worker--> awake
//             ^---------+  (work turned up, or the bound of the sleep ran out)
//
// Park: (1) word = parked, (2) set the bit, (3) heavy fence, (4) look for work once more, (5) futex
// wait. Publish: (1) publish the task, (2) light fence, (3) read the map, (4) wake one that is
// parked. Either the worker's look finds the task or the publisher's look finds the bit: the heavy
// fence makes every core that runs a publisher execute a full one (asymmetric_fence.hpp), either
// before its (3), which then finds the bit, or after its (1), which the worker then finds. Where
// the kernel refuses heavy fences, now or later, publishers are told by `full_fences` and use a
// full one. Whoever is refused first waits, besides, until what a publisher has stored that was not
// told yet is there to see; if he dies meanwhile, the next one does.
//
// At most one wake is pending: while some word says woken, the pool is about to have one more
// worker awake, and that one wakes the next if there is more to do. A pending wake belongs to the
// word it was sent to. Who holds a wake back for it has fenced before it looked at the word.
//
// A worker may be stopped (SIGSTOP, a debugger), asleep or awake, and takes its word back when it
// goes on, if ever. So a wake counts as pending only if the kernel says that it woke somebody: a
// process that is stopped in its sleep does not sleep on the word any more, nor does one that is
// just about to sleep or to wake up; then the next sleeper is woken as well. And only for about a
// millisecond: after that another one is woken for whoever looks again, as each submit does, and a
// thread that waits for a task that nobody has begun.
//
// If a process dies here: a dead worker's word may say parked (a wake is wasted on it) or woken
// (wakes are held back). forget(w), at recovery, resets the word, after which the supervisor wakes
// everybody. Sleeps are bounded all the same; the caller counts those that only
// the bound ended though there was work, which in a run without kills and stops must be none.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/common/platform.hpp"
#include "lib/slots/slot_word.hpp"

namespace muster::detail {

enum ParkState : std::uint32_t { kAwake = 0, kParked = 1, kWoken = 2 };

enum FullFences : std::uint32_t {
  kNotNeeded = 0,
  kAsked = 1,  // a publisher that has not seen it yet may have stores on their way
  kUsed = 2,   // none has
};

template <class Platform>
struct alignas(128) BasicParkLine {
  typename Platform::template Atomic<std::uint32_t> state;
};

inline constexpr std::size_t kSleeperWords = kMaxOwners / 64;

template <class Platform>
struct alignas(128) BasicSleepers {
  typename Platform::template Atomic<std::uint64_t> words[kSleeperWords];
  // Not 0: who publishes must use a full fence. A FullFences; never taken back.
  typename Platform::template Atomic<std::uint32_t> full_fences;
  // 1: tasks are so short that those who are awake keep up, and the client's pump looks often
  // whether that is true still. Meanwhile nobody else wakes anybody, unless all sleep.
  typename Platform::template Atomic<std::uint32_t> watched;
};

template <class Platform>
class Parking {
 public:
  using Line = BasicParkLine<Platform>;
  using Sleepers = BasicSleepers<Platform>;

  Parking(Sleepers* sleepers, std::span<Line> lines) : sleepers_(sleepers), lines_(lines) {}
  Parking(const Parking&) = delete;
  Parking& operator=(const Parking&) = delete;

  // Worker, steps (1) and (2). The caller looks for work, then calls sleep() or leave().
  void prepare(std::uint32_t worker) {
    lines_[worker].state.store(kParked, std::memory_order_seq_cst);
    sleepers_->words[worker / 64].fetch_or(bit(worker), std::memory_order_seq_cst);
  }

  // Publisher, step (2).
  void fence_after_publish() const {
    if (sleepers_->full_fences.load(std::memory_order_relaxed) != kNotNeeded) [[unlikely]]
      Platform::full_fence();
    else
      Platform::light_fence();
  }
  bool watched() const { return sleepers_->watched.load(std::memory_order_relaxed) != 0; }
  void begin_watch() { sleepers_->watched.store(1, std::memory_order_seq_cst); }
  // The pump's, where there is something for somebody to do. Else end_idle_watch().
  void end_watch() { sleepers_->watched.store(0, std::memory_order_seq_cst); }
  // The pump, which then looks into the ring once more: who published and saw the watch still is
  // seen there, and who publishes later sees that it is over.
  void end_idle_watch() {
    end_watch();
    fence_after_prepare();
  }
  // Client, before anybody publishes.
  void use_full_fences() { sleepers_->full_fences.store(kUsed, std::memory_order_seq_cst); }

  // Worker, step (3). Also for others who have written, by a locked operation, what a publisher
  // reads after its (2): it sees that, or what it has published is seen from here on.
  void fence_after_prepare() {
    if (!Platform::heavy_fence()) use_full_fences_from_now_on();
  }

  // Worker, step (5): sleeps until woken or until the deadline. Then it must leave().
  FutexResult sleep(std::uint32_t worker, Deadline until) const {
    return Platform::wait(lines_[worker].state, kParked, until);
  }

  // Worker: no sleep after all, or awake again.
  void leave(std::uint32_t worker) {
    sleepers_->words[worker / 64].fetch_and(~bit(worker), std::memory_order_seq_cst);
    lines_[worker].state.store(kAwake, std::memory_order_seq_cst);
  }

  // How many sleep, as a look after a publish must see it.
  std::size_t sleeping() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i * 64 < lines_.size(); ++i) {
      count += static_cast<std::size_t>(
          std::popcount(sleepers_->words[i].load(std::memory_order_seq_cst)));
    }
    return count;
  }

  bool sleeps(std::uint32_t worker) const {
    return (sleepers_->words[worker / 64].load(std::memory_order_relaxed) & bit(worker)) != 0;
  }

  bool anyone_sleeps() const {
    for (std::size_t i = 0; i * 64 < lines_.size(); ++i) {
      if (sleepers_->words[i].load(std::memory_order_seq_cst) != 0) return true;
    }
    return false;
  }

  bool all_sleep() const {
    for (std::size_t i = 0; i * 64 < lines_.size(); ++i) {
      const std::size_t here = lines_.size() - i * 64;
      const std::uint64_t all =
          here < 64 ? bit(static_cast<std::uint32_t>(here)) - 1 : ~std::uint64_t{0};
      if ((sleepers_->words[i].load(std::memory_order_seq_cst) & all) != all) return false;
    }
    return true;
  }

  bool anyone_woken() const {
    return std::any_of(lines_.begin(), lines_.end(), [](const Line& line) {
      return line.state.load(std::memory_order_seq_cst) == kWoken;
    });
  }

  // Wakes one sleeper, unless the wake sent last through this object is still pending. True if some
  // worker's word says so.
  bool wake_one() {
    // Relaxed: any worker that was woken lately will do.
    const std::uint32_t last = last_woken_.load(std::memory_order_relaxed);
    if (is_woken(last) && !Platform::long_ago(woken_at_.load(std::memory_order_relaxed))) {
      // It takes its word back before it looks for work. If the word says so still once all that we
      // have published is there for it to see, it sees that, and wakes another for the rest.
      Platform::full_fence();
      if (is_woken(last)) return false;
    }
    bool any = false;
    for (std::size_t i = 0; i * 64 < lines_.size(); ++i) {
      std::uint64_t word = sleepers_->words[i].load(std::memory_order_seq_cst);
      for (; word != 0; word &= word - 1) {
        const auto worker =
            static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
        // A bit beyond the workers there are was not set by one of them.
        if (worker >= lines_.size()) break;
        std::uint32_t expected = kParked;
        if (!lines_[worker].state.compare_exchange_strong(expected, kWoken,
                                                          std::memory_order_seq_cst)) {
          continue;
        }
        any = true;
        if (!Platform::wake_one(lines_[worker].state)) continue;
        // Relaxed, and one after the other: at worst a wake too many, or one held back that another
        // thread has just sent.
        woken_at_.store(Platform::ticks(), std::memory_order_relaxed);
        last_woken_.store(worker, std::memory_order_relaxed);
        return true;
      }
    }
    return any;
  }

  // Also those whose word says that somebody has woken them: he may have died before he did.
  void wake_all() {
    for (Line& line : lines_) {
      std::uint32_t expected = kParked;
      if (line.state.compare_exchange_strong(expected, kWoken, std::memory_order_seq_cst) ||
          expected == kWoken) {
        Platform::wake_one(line.state);
      }
    }
  }

  // A worker that is not there yet, or no more: one that does not take tasks does not count as
  // awake. Its word says awake, so no wake is sent to it. Before its first task it leaves() this.
  // Supervisor, with `worker` confirmed dead; client, before there are workers.
  void forget(std::uint32_t worker) {
    lines_[worker].state.store(kAwake, std::memory_order_seq_cst);
    sleepers_->words[worker / 64].fetch_or(bit(worker), std::memory_order_seq_cst);
  }

  // The worker that this object woke last, by its word; none at first. A hint.
  std::uint32_t last_woken() const { return last_woken_.load(std::memory_order_relaxed); }

  ParkState state(std::uint32_t worker) const {
    return static_cast<ParkState>(lines_[worker].state.load(std::memory_order_relaxed));
  }

 private:
  void use_full_fences_from_now_on() {
    auto& word = sleepers_->full_fences;
    if (word.load(std::memory_order_seq_cst) == kUsed) return;
    word.store(kAsked, std::memory_order_seq_cst);
    Platform::await_stores();
    word.store(kUsed, std::memory_order_seq_cst);
  }

  bool is_woken(std::uint32_t worker) const {
    return worker < lines_.size() && lines_[worker].state.load(std::memory_order_seq_cst) == kWoken;
  }
  static std::uint64_t bit(std::uint32_t worker) { return std::uint64_t{1} << (worker % 64); }

  Sleepers* sleepers_ = nullptr;
  std::span<Line> lines_;
  std::atomic<std::uint32_t> last_woken_{~std::uint32_t{0}};
  std::atomic<std::uint64_t> woken_at_{0};
};

using ParkLine = BasicParkLine<StdPlatform>;
using Sleepers = BasicSleepers<StdPlatform>;

}  // namespace muster::detail
