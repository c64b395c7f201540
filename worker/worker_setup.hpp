#pragma once

// All that a worker needs to know of its pool. Built by the client, brought to the supervisor by a
// fork or in a request (lib/start/start_request.hpp), carried through the fork by the supervisor,
// used by worker/.

#include <cstdint>
#include <string>

#include <muster/detail/modules.hpp>
#include <muster/options.hpp>

#include "lib/codec/encoded_function.hpp"
#include "lib/limits/prepared_limits.hpp"
#include "lib/segments/geometry.hpp"
#include "lib/segments/memfd.hpp"
#include "lib/segments/memory_budget.hpp"

namespace muster::detail {

// What is plain data of it, and travels by its codec.
struct WorkerSettings {
  Geometry geometry;
  std::string pool_name;
  std::int32_t client = 0;  // its pid
  EncodedFunction initializer;
  EncodedFunction finalizer;
  std::uint64_t max_tasks_per_child = 0;
  std::uint32_t spinners = 0;  // how many workers may spin when idle: one core is the client's
  OnWorkerDeath on_worker_death = OnWorkerDeath::break_pool;
  RestartIntensity restart_intensity;
  std::int64_t kill_grace_ns = 0;
  std::uint64_t random_seed = 0;
  bool checksum_results = false;
  MemoryBudget budget;
  PreparedLimits limits;
};

struct WorkerSetup : WorkerSettings {
  Memfd tasks;  // read-only here
  Memfd control;
  Memfd results;
  Memfd facts;              // read-only in workers
  FileDescriptor doorbell;  // an eventfd: the client's pump sleeps on it
  FileDescriptor blocks;    // the workers' end of the block channel
  // The workers' end of the supervisor's BlockBroker's, which makes it; none where workers may open
  // blocks themselves.
  FileDescriptor block_requests;
  ModuleTable modules;
};

}  // namespace muster::detail
