#include "prove/watch.hpp"

#include <time.h>

namespace prove {

std::string Watch::describe(std::uint64_t what) {
  if (what == kSubmit) return "to submit a task";
  if (what == kPoolEnd) return "for the pool's end";
  if (what == kPoolStart) return "for the pool's start";
  return "for task " + std::to_string(what);
}

void Watch::run() {
  while (!end_.load()) {
    constexpr long kTick = 100'000'000;
    const timespec pause{0, kTick};
    ::nanosleep(&pause, nullptr);
    now_ns_.fetch_add(kTick);
    for (std::size_t i = 0; i < kSeats; ++i) {
      const std::int64_t since = seats_[i].since_ns.load(std::memory_order_acquire);
      if (since == 0 || now_ns_.load() - since < kLimitNs) continue;
      hung_(i, seats_[i].what.load(std::memory_order_relaxed));
    }
  }
}

}  // namespace prove
