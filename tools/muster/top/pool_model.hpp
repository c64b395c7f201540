#pragma once

#include <optional>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "graph.hpp"
#include "numbers.hpp"
#include "pool_row.hpp"
#include "worker_row.hpp"

namespace muster_tool::top {

// One pool over time: what two looks tell that one does not, and how it went.
class PoolModel {
 public:
  // What was seen last, later than all before.
  void add(muster::PoolInfo pool);

  // Good only after an add().
  const muster::PoolInfo& pool() const { return pool_; }
  const std::vector<WorkerRow>& workers() const { return workers_; }

  // Between the last two looks. Tasks that ended, and of those, such that failed.
  std::optional<double> done_per_second() const { return done_per_second_; }
  std::optional<double> failed_per_second() const { return failed_per_second_; }
  const std::optional<Quantiles>& queue_time() const { return queue_time_; }
  const std::optional<Quantiles>& run_time() const { return run_time_; }

  const History& throughput() const { return throughput_; }
  const History& queue_depth() const { return queue_depth_; }

 private:
  void compare(const muster::PoolInfo& before);

  muster::PoolInfo pool_;
  bool seen_ = false;
  std::vector<WorkerRow> workers_;
  std::optional<double> done_per_second_;
  std::optional<double> failed_per_second_;
  std::optional<Quantiles> queue_time_;
  std::optional<Quantiles> run_time_;
  History throughput_;
  History queue_depth_;
};

// The list of pools over time.
class ListModel {
 public:
  void add(std::vector<muster::PoolInfo> pools);
  const std::vector<PoolRow>& rows() const { return rows_; }

 private:
  std::vector<PoolRow> rows_;
};

}  // namespace muster_tool::top
