#pragma once

#include <atomic>
#include <cstdint>

namespace muster::detail {

// A mutex of four bytes for short critical sections inside one process; std::lock_guard and
// std::unique_lock take it. The state machine:
//
//   state       lock()                    unlock()
//   free        -> held                   (not allowed)
//   held        spin a little, then ->    -> free
//               contended and sleep
//   contended   sleep                     -> free, wake one sleeper
//
// Who wakes from sleep takes the lock as `contended`, because others may sleep still.
// Constant-initialised, never destroyed in a way that matters, and safe to reset after fork().
class FutexMutex {
 public:
  constexpr FutexMutex() = default;
  FutexMutex(const FutexMutex&) = delete;
  FutexMutex& operator=(const FutexMutex&) = delete;

  void lock() noexcept {
    std::uint32_t expected = kFree;
    // Acquire: pairs with the release in unlock().
    if (!word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[unlikely]]
      lock_slow();
  }

  bool try_lock() noexcept {
    std::uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  void unlock() noexcept {
    // Release: what was done under the lock is seen by the next holder's acquire.
    if (word_.exchange(kFree, std::memory_order_release) == kContended) [[unlikely]]
      wake_one();
  }

  // In the only thread of a forked child: whoever held it is not here.
  void reset_after_fork() noexcept { word_.store(kFree, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kContended = 2;

  void lock_slow() noexcept;
  void wake_one() noexcept;

  std::atomic<std::uint32_t> word_{kFree};
};

}  // namespace muster::detail
