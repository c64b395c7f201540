#include "rates.hpp"

namespace muster_tool {

using muster::PoolInfo;
using muster::WorkerStats;

Rates::Rates(const PoolInfo& before, const PoolInfo& now) : before_(before), now_(now) {}

std::optional<double> Rates::per_second(std::uint64_t then, std::uint64_t now) const {
  const double seconds = now_.age.seconds() - before_.age.seconds();
  if (seconds <= 0) return std::nullopt;
  // Counts are read one by one, so that a sum of them can be less than it was.
  return now < then ? 0 : static_cast<double>(now - then) / seconds;
}

std::optional<double> Rates::done_per_second() const {
  return per_second(ended(before_.stats), ended(now_.stats));
}

std::optional<double> Rates::failed_per_second() const {
  return per_second(before_.stats.failed, now_.stats.failed);
}

std::optional<double> Rates::done_per_second(std::size_t worker) const {
  if (worker >= before_.stats.workers.size() || worker >= now_.stats.workers.size()) {
    return std::nullopt;
  }
  return per_second(before_.stats.workers[worker].tasks_done,
                    now_.stats.workers[worker].tasks_done);
}

std::optional<double> Rates::cpu(std::size_t worker) const {
  if (worker >= before_.stats.workers.size() || worker >= now_.stats.workers.size()) {
    return std::nullopt;
  }
  const WorkerStats& before = before_.stats.workers[worker];
  const WorkerStats& now = now_.stats.workers[worker];
  const double seconds = now.age.seconds() - before.age.seconds();
  if (now.pid == 0 || now.pid != before.pid || seconds <= 0) return std::nullopt;
  const double had = now.cpu_time.seconds() - before.cpu_time.seconds();
  return had < 0 ? 0 : had / seconds;
}

}  // namespace muster_tool
