#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <muster/stats.hpp>

#include "lib/inspect/snapshot.hpp"

namespace muster::detail {

// What the workers of a pool tell of their tasks (worker_telemetry.hpp), put together: by name, by
// failure and in all; and the deaths that the supervisor tells of. Believes nothing, as
// take_snapshot().
class TelemetryReader {
 public:
  TelemetryReader(const PoolViews& pool, const PoolClock& clock) : pool_(pool), clock_(clock) {}

  // Sets queue_time, run_time, tasks, failures and last_deaths.
  void read(PoolStats& stats) const;

 private:
  class FailureSums;

  LatencyHistogram read(const SharedHistogram& histogram, const BucketRange& range) const;
  void read_worker(std::uint32_t worker, PoolStats& stats, FailureSums& failures) const;
  void read_failures(const WorkerTelemetry& head, FailureSums& failures) const;
  void read_deaths(PoolStats& stats) const;
  DeathStats read_death_record(const DeathRecord& record) const;

  const PoolViews& pool_;
  const PoolClock& clock_;
};

}  // namespace muster::detail
