#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <muster/detail/modules.hpp>
#include <muster/options.hpp>

#include "lib/codec/encoded_function.hpp"
#include "lib/start/module_match.hpp"

namespace muster::detail {

// A pool that a rank is to make. Plain data: it travels.
struct PoolOrder {
  std::string name;
  std::uint64_t max_workers = 0;
  StartMethod start_method = StartMethod::automatic;
  std::int64_t spawn_timeout_ns = 0;
  EncodedFunction initializer;
  EncodedFunction finalizer;
  std::uint64_t max_tasks_per_child = 0;
  OnWorkerDeath on_worker_death = OnWorkerDeath::break_pool;
  std::uint64_t most_deaths = 0;
  std::int64_t deaths_within_ns = 0;
  std::int64_t kill_grace_ns = 0;
  bool checksum_results = false;
  std::uint64_t max_shared_memory = 0;
  OnMemoryLimit on_memory_limit = OnMemoryLimit::wait;
  WorkerLimits limits;
  TelemetryOptions telemetry;

  static PoolOrder of(const ProcessPoolOptions& options, const std::string& name,
                      const ModuleTable& modules);
  // Throws InvalidArgumentError for a function that is too long to be handed on.
  ProcessPoolOptions options() const;
};

// What a rank says of itself when it comes.
struct Hello {
  std::string host;
  std::int64_t pid = 0;
  std::string boot;  // of the kernel it runs on: processes of the same can see each other
  std::vector<ModuleMark> modules;
};

// A worker, as its rank sees it.
struct WorkerRow {
  std::int64_t pid = 0;
  std::uint32_t state = 0;
  std::string task_name;
  std::uint64_t tasks_done = 0;
  std::uint64_t tasks_failed = 0;
  std::uint64_t parks = 0;
  std::uint64_t deaths = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t max_rss_bytes = 0;
  std::int64_t cpu_time_ns = 0;
  std::int64_t age_ns = 0;
};
struct WorkerRows {
  std::vector<WorkerRow> rows;
  std::uint64_t deaths = 0;
  std::uint64_t restarts = 0;
  std::uint64_t requeued = 0;
  std::uint64_t shared_memory_bytes = 0;
  std::uint64_t running = 0;
};

// "" where they are the same, else a table, a line each. The kernel's own module (vdso) may differ.
std::string differences(const std::vector<ModuleMark>& ours, const std::vector<ModuleMark>& theirs);

std::string boot_id();

}  // namespace muster::detail
