#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/local_platform.hpp"

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
//
// A template over its platform, as the code over shared memory is (platform.hpp), so that all
// orders of its steps can be tried. What a thread does that has to wait is in
// futex_mutex_steps.hpp.
template <class Platform>
class BasicFutexMutex {
 public:
  BasicFutexMutex() = default;
  BasicFutexMutex(const BasicFutexMutex&) = delete;
  BasicFutexMutex& operator=(const BasicFutexMutex&) = delete;

  void lock() noexcept {
    if (!try_lock()) [[unlikely]]
      lock_slow();
  }

  bool try_lock() noexcept {
    std::uint32_t expected = kFree;
    // Acquire: pairs with the release in unlock().
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
  friend Platform;  // one that tells what happens has names for the words

  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kContended = 2;

  void lock_slow() noexcept;
  void wake_one() noexcept;

  typename Platform::Word word_{};  // kFree
};

extern template class BasicFutexMutex<LocalPlatform>;
using FutexMutex = BasicFutexMutex<LocalPlatform>;

}  // namespace muster::detail
