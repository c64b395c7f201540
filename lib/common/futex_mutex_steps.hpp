#pragma once

// The definitions of futex_mutex.hpp.

#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

template <class Platform>
void BasicFutexMutex<Platform>::lock_slow() noexcept {
  for (int i = 0; i < Platform::kSpins; ++i) {
    if (word_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    Platform::relax();
  }
  // Acquire: pairs with the release in unlock().
  while (word_.exchange(kContended, std::memory_order_acquire) != kFree)
    Platform::wait(word_, kContended);
}

template <class Platform>
void BasicFutexMutex<Platform>::wake_one() noexcept {
  Platform::wake_one(word_);
}

}  // namespace muster::detail
