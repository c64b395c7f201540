#include "lib/common/biased_mutex.hpp"

#include <algorithm>

#include "lib/common/futex.hpp"

namespace muster::detail {
namespace {

// About 1 us of `pause`, as in FutexMutex.
constexpr int kSpins = 40;

// Never given twice, unlike the system's: a thread that ended may have been a favourite.
std::atomic<std::uint64_t> threads{0};

}  // namespace

constinit thread_local std::uint64_t BiasedMutex::this_thread_ = 0;

void BiasedMutex::lock_slow() noexcept {
  if (this_thread_ == 0) this_thread_ = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  mutex_.lock();
  if (Bias* bias = favourite_.load(std::memory_order_relaxed); bias != nullptr) {
    revoke(*bias);
    turns_ = 0;
    turns_wanted_ = std::min(2 * turns_wanted_, kMostTurns);
  }
  if (last_thread_ != this_thread_) turns_ = 0;
  last_thread_ = this_thread_;
}

void BiasedMutex::unlock_slow() noexcept {
  if (++turns_ >= turns_wanted_ && has_heavy_fence()) {
    // The next turn of this thread is by bias. Another one that has the mutex sees this.
    favourite_.store(bias_of(this_thread_), std::memory_order_relaxed);
    turns_ = 0;
  }
  mutex_.unlock();
}

void BiasedMutex::revoke(Bias& bias) noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);  // ordered by the fences
  heavy_fence();
  // Acquire: pairs with the release in let_go(): what the favourite did is seen from here on.
  for (int i = 0; i < kSpins; ++i) {
    if (bias.held.load(std::memory_order_acquire) == 0) return;
    cpu_relax();
  }
  while (bias.held.load(std::memory_order_acquire) != 0) futex_wait(bias.held, 1);
}

void BiasedMutex::wake_revoker(Bias& bias) noexcept { futex_wake(bias.held, 1); }

// Null: there were too many.
BiasedMutex::Bias* BiasedMutex::bias_of(std::uint64_t thread) noexcept {
  for (Bias& bias : biases_) {
    if (bias.thread == 0) bias.thread = thread;
    if (bias.thread == thread) return &bias;
  }
  return nullptr;
}

void BiasedMutex::reset_after_fork() noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);
  by_bias_ = nullptr;
  for (Bias& bias : biases_) bias.held.store(0, std::memory_order_relaxed);
  mutex_.reset_after_fork();
}

}  // namespace muster::detail
