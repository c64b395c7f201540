#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/common/futex_mutex.hpp"
#include "lib/common/local_platform.hpp"

namespace muster::detail {

// Who becomes the favourite of a BiasedMutex.
struct FavouriteRules {
  // After so many turns in a row without another thread the one that took them is the favourite;
  // twice as many after each time that it had to give that up.
  static constexpr std::uint32_t kFewestTurns = 64;
  static constexpr std::uint32_t kMostTurns = 1 << 10;
  // While so many threads live that have been favourites no other one ever is.
  static constexpr std::size_t kFavourites = 8;
};

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
//
// A template over its platform, as the code over shared memory is (platform.hpp), so that all
// orders of its steps can be tried. Those of threads that are not the favourite are in
// biased_mutex_steps.hpp.
template <class Platform, class Rules>
class BasicBiasedMutex {
 public:
  BasicBiasedMutex() = default;
  BasicBiasedMutex(const BasicBiasedMutex&) = delete;
  BasicBiasedMutex& operator=(const BasicBiasedMutex&) = delete;

  void lock() noexcept {
    // Relaxed: only a thread that made itself the favourite finds its own number here.
    Bias* bias = favourite_.load(std::memory_order_relaxed);
    if (bias != nullptr &&
        bias->thread.load(std::memory_order_relaxed) == Platform::this_thread().number) [[likely]] {
      bias->held.store(1, std::memory_order_relaxed);  // ordered by the fences
      Platform::light_fence();
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
  friend Platform;  // one that tells what happens has names for the words

  template <class T>
  using Atomic = typename Platform::template Atomic<T>;
  template <class T>
  using Guarded = typename Platform::template Guarded<T>;

  struct Bias {
    Atomic<std::uint64_t> thread{};  // written under the mutex, before it is a favourite
    Guarded<const BasicThreadMark<Platform>*> mark{nullptr};  // tells whether that thread lives
    Atomic<std::uint32_t> held{};
  };

  void let_go(Bias& bias) noexcept {
    // Release: pairs with the acquire of who waits in revoke().
    bias.held.store(0, std::memory_order_release);
    Platform::light_fence();
    if (favourite_.load(std::memory_order_relaxed) != &bias) [[unlikely]]
      wake_revoker(bias);
  }

  void lock_slow() noexcept;
  void unlock_slow() noexcept;
  void revoke(Bias& bias) noexcept;
  static void wake_revoker(Bias& bias) noexcept;
  Bias* bias_of_this_thread() noexcept;

  Atomic<Bias*> favourite_{};
  Guarded<Bias*> by_bias_{nullptr};  // under the lock: how it was taken
  BasicFutexMutex<Platform> mutex_;
  // Under mutex_, without a favourite.
  Guarded<std::uint32_t> turns_{0};
  Guarded<std::uint32_t> turns_wanted_{Rules::kFewestTurns};
  Guarded<std::uint64_t> last_thread_{0};
  // Threads that have been favourites.
  std::array<Bias, Rules::kFavourites> biases_;
};

extern template class BasicBiasedMutex<LocalPlatform, FavouriteRules>;
using BiasedMutex = BasicBiasedMutex<LocalPlatform, FavouriteRules>;

}  // namespace muster::detail
