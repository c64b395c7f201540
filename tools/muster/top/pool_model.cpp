#include "pool_model.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "tools/muster/rates.hpp"

namespace muster_tool::top {

using muster::PoolInfo;
using muster::WorkerStats;

void PoolModel::add(PoolInfo pool) {
  const PoolInfo before = std::exchange(pool_, std::move(pool));
  workers_.clear();
  for (const WorkerStats& worker : pool_.stats.workers) workers_.push_back({worker, {}, {}});
  queue_depth_.add(static_cast<double>(pool_.stats.queued));
  if (std::exchange(seen_, true)) compare(before);
}

void PoolModel::compare(const PoolInfo& before) {
  const muster::PoolStats& then = before.stats;
  const muster::PoolStats& now = pool_.stats;
  const Rates rates(before, pool_);
  done_per_second_ = rates.done_per_second();
  failed_per_second_ = rates.failed_per_second();
  throughput_.add(done_per_second_.value_or(0));
  queue_time_ = quantiles(now.queue_time.since(then.queue_time));
  run_time_ = quantiles(now.run_time.since(then.run_time));
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].cpu = rates.cpu(i);
    workers_[i].done_per_second = rates.done_per_second(i);
  }
}

void ListModel::add(std::vector<PoolInfo> pools) {
  const std::vector<PoolRow> before = std::exchange(rows_, {});
  std::unordered_map<std::string_view, const PoolInfo*> known;
  for (const PoolRow& row : before) known.emplace(row.pool.id, &row.pool);
  for (PoolInfo& pool : pools) {
    PoolRow& row = rows_.emplace_back();
    row.pool = std::move(pool);
    row.run_time = quantiles(row.pool.stats.run_time);
    const auto earlier = known.find(row.pool.id);
    if (earlier == known.end()) continue;
    row.done_per_second = Rates(*earlier->second, row.pool).done_per_second();
    row.run_time = quantiles(row.pool.stats.run_time.since(earlier->second->stats.run_time));
  }
}

}  // namespace muster_tool::top
