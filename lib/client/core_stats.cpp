// What a pool says of itself: read from the same memory that the status tool reads.

#include "lib/client/process_core.hpp"
#include "lib/inspect/snapshot.hpp"

namespace muster::detail {

PoolStats ProcessCore::stats() const {
  if (!usable_here()) check_caller();
  PoolStats stats = take_snapshot({tasks_, control_, results_, facts_});
  stats.shared_memory_bytes = segments_->backed_bytes();
  look_at_workers(stats, supervisor_);
  for (DeathStats& death : stats.last_deaths) {
    death.death.backtrace = code_places_.backtrace(death.frames);
  }
  return stats;
}

std::vector<pid_t> ProcessCore::worker_pids() const {
  check_caller();
  std::vector<pid_t> pids;
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const auto pid = static_cast<pid_t>(facts_.worker(w).pid.load());
    if (pid != 0) pids.push_back(pid);
  }
  return pids;
}

std::optional<double> ProcessCore::seconds_per_item(const TaskType& type) const {
  const Lock lock(mutex());
  return types_->seconds_per_item(type);
}

}  // namespace muster::detail
