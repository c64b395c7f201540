#include "lib/client/check_options.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <muster/error.hpp>

#include "lib/segments/memory_budget.hpp"

namespace muster::detail {

bool looks_negative(std::size_t n) { return n > std::numeric_limits<std::size_t>::max() / 2; }

void check_pool_options(const ProcessPoolOptions& options) {
  if (options.start_method > StartMethod::spawn || options.on_unwind > OnUnwind::kill ||
      options.on_worker_death > OnWorkerDeath::replace) {
    throw InvalidArgumentError(
        "start_method, on_unwind or on_worker_death is none of the values that there are");
  }
  if (looks_negative(options.max_pending) || looks_negative(options.max_tasks_per_child)) {
    throw InvalidArgumentError("max_pending and max_tasks_per_child count tasks; 0: no limit");
  }
  if (options.on_memory_limit != OnMemoryLimit::wait &&
      options.on_memory_limit != OnMemoryLimit::error) {
    throw InvalidArgumentError("on_memory_limit is none of the values that there are");
  }
  if (looks_negative(options.max_shared_memory) ||
      (options.max_shared_memory != 0 && options.max_shared_memory < MemoryBudget::kLeastLimit)) {
    throw InvalidArgumentError("max_shared_memory is a number of bytes, at least " +
                               std::to_string(MemoryBudget::kLeastLimit) + "; 0: no limit");
  }
  if (looks_negative(options.restart_intensity.deaths)) {
    throw InvalidArgumentError("restart_intensity.deaths counts deaths; 0: no limit");
  }
  if (options.kill_grace.nanoseconds() < 0 || options.restart_intensity.within.nanoseconds() < 0) {
    throw InvalidArgumentError(
        "kill_grace and restart_intensity.within are times to wait and "
        "cannot be negative");
  }
  if (std::ranges::find(options.modules, "") != options.modules.end()) {
    throw InvalidArgumentError("one of the modules is an empty path; give the file of a library");
  }
  if (std::ranges::any_of(options.modules, [](const std::string& path) {
        return path.find('\0') != std::string::npos;
      })) {
    throw InvalidArgumentError("one of the modules is a path with a zero byte in it");
  }
  if (options.spawn_timeout.nanoseconds() < 0) {
    throw InvalidArgumentError("spawn_timeout is a time to wait and cannot be negative");
  }
  const TelemetryOptions& telemetry = options.telemetry;
  if (std::max(telemetry.worker_events, telemetry.client_events) > TelemetryOptions::kMostEvents) {
    throw InvalidArgumentError("telemetry.worker_events and client_events are at most " +
                               std::to_string(TelemetryOptions::kMostEvents) + "; 0 keeps none");
  }
}

void check_task_options(const TaskOptions& options) {
  if (options.task_timeout.nanoseconds() < 0) {
    throw InvalidArgumentError("task_timeout is negative; give a time to run, or 0 for no limit");
  }
  if (options.retries > 1'000'000) {
    throw InvalidArgumentError("retries is " + std::to_string(options.retries) +
                               "; at most 1000000 make sense");
  }
}

}  // namespace muster::detail
