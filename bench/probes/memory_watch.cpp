#include "bench/probes/memory_watch.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "lib/segments/geometry.hpp"
#include "lib/segments/memory_budget.hpp"

namespace bench {

SharedMemoryWatch::SharedMemoryWatch(const muster::ProcessPoolExecutor& pool)
    : pool_(pool), thread_([this](const std::stop_token& stop) {
        constexpr auto kInterval = std::chrono::milliseconds(5);
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          look();
          stopped.wait_for(lock, stop, kInterval, [] { return false; });
        }
      }) {}

std::uint64_t SharedMemoryWatch::most() {
  look();
  return most_.load();
}

void SharedMemoryWatch::look() {
  const std::uint64_t now = pool_.stats().shared_memory_bytes;
  std::uint64_t most = most_.load();
  while (now > most && !most_.compare_exchange_weak(most, now)) {
  }
}

std::uint64_t shared_memory_bound(std::size_t workers, std::size_t argument_bytes) {
  const auto g = muster::detail::Geometry::choose(workers);
  const std::uint64_t fixed = g.tasks_bytes() - g.arguments_bytes + g.control_bytes() +
                              g.facts_bytes() + g.workers * (g.window_bytes - g.arena_bytes);
  if (argument_bytes == 0) return fixed;
  // Arguments beyond this wait on the client's heap, unless there is a slot for each of them; and
  // the arena that they are in doubles when it grows.
  return fixed + 2 * std::max<std::uint64_t>(muster::detail::MemoryBudget{}.arguments,
                                             g.slots * argument_bytes);
}

}  // namespace bench
