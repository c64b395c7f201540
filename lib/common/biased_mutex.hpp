#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

// A mutex that one thread takes nearly always: for that one, locking and unlocking are plain stores
// and loads. Any other thread revokes the bias first, which costs a system call and some
// microseconds, and from then on everybody goes through an ordinary mutex until one thread has
// taken it many times in a row.
//
//   favourite: (1) held = 1, (2) light fence, (3) is it still the favourite? then it has the lock;
//              else held = 0, and it goes through the mutex.
//   unlocks:   (4) held = 0, (5) light fence, (6) wakes who waits for that.
//   another:   (a) takes the mutex, (b) no favourite, (c) heavy fence, (d) waits for held == 0.
//
// The heavy fence (asymmetric_fence.hpp) falls either before (2), and then (3) sees (b); or after
// it, and then (d) sees (1). Likewise (5): either (6) sees who waits, or (d) sees (4).
//
// A favourite's `held` is a word of its own, which no other thread writes as long as it lives: one
// that was interrupted between its first look and (1) does no harm to the favourite after it.
// For std::lock_guard and std::unique_lock. Works where the kernel has no membarrier, without a
// favourite.
class BiasedMutex {
 public:
  BiasedMutex() = default;
  BiasedMutex(const BiasedMutex&) = delete;
  BiasedMutex& operator=(const BiasedMutex&) = delete;

  void lock() noexcept {
    // Relaxed: only a thread that made itself the favourite finds its own number here.
    Bias* bias = favourite_.load(std::memory_order_relaxed);
    if (bias != nullptr && bias->thread.load(std::memory_order_relaxed) == this_thread_)
        [[likely]] {
      bias->held.store(1, std::memory_order_relaxed);  // ordered by the fences
      light_fence();
      if (favourite_.load(std::memory_order_relaxed) == bias) [[likely]] {
        by_bias_ = bias;
        return;
      }
      let_go(*bias);
    }
    lock_slow();
  }

  void unlock() noexcept {
    if (Bias* bias = by_bias_; bias != nullptr) [[likely]] {
      by_bias_ = nullptr;
      let_go(*bias);
    } else {
      unlock_slow();
    }
  }

  // In the only thread of a forked child: whoever held it is not here.
  void reset_after_fork() noexcept;

 private:
  struct ThreadMark;
  struct Bias {
    std::atomic<std::uint64_t> thread{0};  // written under the mutex, before it is a favourite
    const ThreadMark* mark = nullptr;      // tells whether that thread lives
    std::atomic<std::uint32_t> held{0};
  };

  // After so many turns in a row without another thread the one that took them is the favourite;
  // twice as many after each time that it had to give that up.
  static constexpr std::uint32_t kFewestTurns = 64;
  static constexpr std::uint32_t kMostTurns = 1 << 10;

  void let_go(Bias& bias) noexcept {
    // Release: pairs with the acquire of who waits in revoke().
    bias.held.store(0, std::memory_order_release);
    light_fence();
    if (favourite_.load(std::memory_order_relaxed) != &bias) [[unlikely]]
      wake_revoker(bias);
  }

  void lock_slow() noexcept;
  void unlock_slow() noexcept;
  void revoke(Bias& bias) noexcept;
  static void wake_revoker(Bias& bias) noexcept;
  static ThreadMark* mark_thread() noexcept;
  static void forget_thread(void* mark) noexcept;
  Bias* bias_of_this_thread() noexcept;

  // The calling thread's number; 0: it has none yet.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local std::uint64_t this_thread_;
  [[gnu::tls_model("initial-exec")]] static constinit thread_local ThreadMark* this_mark_;

  std::atomic<Bias*> favourite_{nullptr};
  Bias* by_bias_ = nullptr;  // under the lock: how it was taken
  FutexMutex mutex_;
  // Under mutex_, without a favourite.
  std::uint32_t turns_ = 0;
  std::uint32_t turns_wanted_ = kFewestTurns;
  std::uint64_t last_thread_ = 0;
  // Threads that have been favourites. While all of them live no other one ever is.
  std::array<Bias, 8> biases_;
};

}  // namespace muster::detail
