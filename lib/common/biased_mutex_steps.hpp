#pragma once

// The definitions of biased_mutex.hpp.

#include <algorithm>

#include "lib/common/biased_mutex.hpp"

namespace muster::detail {

template <class Platform, class Rules>
void BasicBiasedMutex<Platform, Rules>::lock_slow() noexcept {
  if (Platform::this_thread().number == 0) Platform::number_this_thread();
  mutex_.lock();
  if (Bias* bias = favourite_.load(std::memory_order_relaxed); bias != nullptr) {
    revoke(*bias);
    turns_ = 0;
    turns_wanted_ = std::min(2 * turns_wanted_, Rules::kMostTurns);
  }
  const std::uint64_t thread = Platform::this_thread().number;
  if (last_thread_ != thread) turns_ = 0;
  last_thread_ = thread;
}

template <class Platform, class Rules>
void BasicBiasedMutex<Platform, Rules>::unlock_slow() noexcept {
  const std::uint32_t turns = turns_ + 1;
  if (turns >= turns_wanted_ && Platform::has_heavy_fence()) {
    // The next turn of this thread is by bias. Another one that has the mutex sees this.
    favourite_.store(bias_of_this_thread(), std::memory_order_relaxed);
    turns_ = 0;
  } else {
    turns_ = turns;
  }
  mutex_.unlock();
}

template <class Platform, class Rules>
void BasicBiasedMutex<Platform, Rules>::revoke(Bias& bias) noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);  // ordered by the fences
  Platform::heavy_fence();
  // Acquire: pairs with the release in let_go(): what the favourite did is seen from here on.
  for (int i = 0; i < Platform::kSpins; ++i) {
    if (bias.held.load(std::memory_order_acquire) == 0) return;
    Platform::relax();
  }
  while (bias.held.load(std::memory_order_acquire) != 0) Platform::wait(bias.held, 1);
}

template <class Platform, class Rules>
void BasicBiasedMutex<Platform, Rules>::wake_revoker(Bias& bias) noexcept {
  Platform::wake_one(bias.held);
}

// Null: all of them are other living threads'. Under the mutex, and nobody is the favourite.
template <class Platform, class Rules>
typename BasicBiasedMutex<Platform, Rules>::Bias*
BasicBiasedMutex<Platform, Rules>::bias_of_this_thread() noexcept {
  const auto& me = Platform::this_thread();
  if (me.mark == nullptr) return nullptr;
  Bias* unused = nullptr;
  for (Bias& bias : biases_) {
    const std::uint64_t thread = bias.thread.load(std::memory_order_relaxed);
    if (thread == me.number) return &bias;
    if (unused != nullptr) continue;
    const BasicThreadMark<Platform>* mark = bias.mark;
    // Acquire: pairs with the release in ThisThread::end(): that thread is through with it.
    if (mark == nullptr || mark->thread.load(std::memory_order_acquire) != thread) unused = &bias;
  }
  if (unused != nullptr) {
    unused->mark = me.mark;
    unused->thread.store(me.number, std::memory_order_relaxed);
  }
  return unused;
}

template <class Platform, class Rules>
void BasicBiasedMutex<Platform, Rules>::reset_after_fork() noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);
  by_bias_ = nullptr;
  for (Bias& bias : biases_) bias.held.store(0, std::memory_order_relaxed);
  mutex_.reset_after_fork();
}

}  // namespace muster::detail
