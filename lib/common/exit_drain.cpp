#include "lib/common/exit_drain.hpp"

#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/common/fork_guard.hpp"

namespace muster::detail {
namespace {

ForkSafeMutex pools_mutex;

// Never destroyed: it is used while static objects are. In a forked child it stays as it was; the
// parent's pools know that they are in a child and do nothing.
std::vector<std::weak_ptr<ExitDrained>>& pools() {
  static auto* const list = new std::vector<std::weak_ptr<ExitDrained>>;
  return *list;
}

std::shared_ptr<ExitDrained> take_one() {
  std::lock_guard lock(pools_mutex);
  while (!pools().empty()) {
    auto pool = pools().back().lock();
    pools().pop_back();
    if (pool != nullptr) return pool;
  }
  return nullptr;
}

// Tasks may make new pools while their own is drained.
void drain_all() {
  while (auto pool = take_one()) pool->drain_at_exit();
}

}  // namespace

void drain_at_exit(std::weak_ptr<ExitDrained> pool) {
  // Registered by the first pool, so that it runs before the destructors of all that was made
  // static before that. Fails only where there is no memory: then nothing is drained.
  static const int registered = std::atexit(drain_all);
  static_cast<void>(registered);
  std::lock_guard lock(pools_mutex);
  std::erase_if(pools(), [](const auto& other) { return other.expired(); });
  pools().push_back(std::move(pool));
}

}  // namespace muster::detail
