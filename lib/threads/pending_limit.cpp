#include "lib/threads/pending_limit.hpp"

#include <algorithm>
#include <limits>

#include "lib/common/futex.hpp"

namespace muster::detail {

PendingLimit::PendingLimit(std::size_t most)
    : most_(static_cast<std::uint32_t>(
          std::min<std::size_t>(most, std::numeric_limits<std::uint32_t>::max() / 2))) {}

PendingLimit::Taken PendingLimit::take(bool wait, bool beyond) noexcept {
  for (;;) {
    std::uint32_t taken = taken_.load(std::memory_order_relaxed);
    while (taken < most_ || beyond) {
      if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed))
        return Taken::yes;
    }
    if (!wait) return Taken::full;
    // Sequentially consistent, here and in give(): either this thread sees the place that was
    // given back, or the giver sees that somebody waits.
    const std::uint32_t turn = turn_.load(std::memory_order_seq_cst);
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    const bool closed = closed_.load(std::memory_order_seq_cst);
    if (!closed && taken_.load(std::memory_order_seq_cst) >= most_) futex_wait(turn_, turn);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (closed) return Taken::closed;
  }
}

void PendingLimit::give() noexcept {
  taken_.fetch_sub(1, std::memory_order_seq_cst);
  if (waiting_.load(std::memory_order_seq_cst) == 0) return;
  turn_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(turn_, 1);
}

void PendingLimit::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);
  turn_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake_all(turn_);
}

}  // namespace muster::detail
