#include <array>
#include <cstdint>

#include "lib/common/fork_guard.hpp"
#include "lib/futures/hook_list.hpp"

namespace muster::detail {
namespace {

constexpr std::size_t kLocks = 64;

// A line each, so that two states with different locks do not slow each other down.
struct alignas(64) PaddedMutex {
  FutexMutex mutex;
};

constinit std::array<PaddedMutex, kLocks> locks;

// Whoever held one is not in the child. What he did to a list is of no use there either: futures
// of the parent's pools do not end in the child.
const ForkHandler reset_locks([] {
  for (PaddedMutex& lock : locks) lock.mutex.reset_after_fork();
});

}  // namespace

FutexMutex& hook_lock(const StateBase& state) noexcept {
  // States are 64 bytes apart and often neighbours: multiplying spreads their addresses.
  const auto line = reinterpret_cast<std::uintptr_t>(&state) / 64;
  return locks[(line * 0x9E3779B97F4A7C15u) >> 58].mutex;
}

}  // namespace muster::detail
