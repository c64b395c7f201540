#include "lib/common/futex_mutex.hpp"

#include "lib/common/futex.hpp"

namespace muster::detail {
namespace {

// About 1 us of `pause`: a critical section is over by then, or its holder has lost its core.
constexpr int kSpins = 40;

}  // namespace

void FutexMutex::lock_slow() noexcept {
  for (int i = 0; i < kSpins; ++i) {
    if (word_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    cpu_relax();
  }
  // Acquire: pairs with the release in unlock().
  while (word_.exchange(kContended, std::memory_order_acquire) != kFree)
    futex_wait(word_, kContended);
}

void FutexMutex::wake_one() noexcept { futex_wake(word_, 1); }

}  // namespace muster::detail
