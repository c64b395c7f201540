#include "lib/inspect/metric_reader.hpp"

#include <algorithm>
#include <array>

#include "lib/inspect/inspector_pool.hpp"

namespace muster::detail {

namespace {

// Each list is made of all that is declared, in its order.
#define MUSTER_READ_METRIC(member, type, unit, name, sentence) from.member.load(),

std::vector<std::uint64_t> read_worker(const WindowView& window) {
  std::vector<std::uint64_t> values;
  {
    const WorkerRecord& from = window.record();
    values = {MUSTER_WORKER_LOOP_METRICS(MUSTER_READ_METRIC)
                  MUSTER_WORKER_MEMORY_METRICS(MUSTER_READ_METRIC)};
    if (!window.tells()) {
      values.resize(kWorkerMetrics.size());
      return values;
    }
  }
  const WorkerTelemetry& from = window.telemetry().head();
  for (const std::uint64_t value : {MUSTER_WORKER_TASK_METRICS(MUSTER_READ_METRIC)}) {
    values.push_back(value);
  }
  return values;
}

void add_names(const WindowView& window, std::vector<MetricValues::OfName>& names) {
  if (!window.tells()) return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const NameTelemetry& from = window.telemetry().head().names[i];
    // In this order: who is found to be taken back has been counted as done before.
    const std::array values{MUSTER_NAME_METRICS(MUSTER_READ_METRIC)};
    for (std::size_t m = 0; m < values.size(); ++m) {
      std::uint64_t& sum = names[i].values[m];
      sum =
          kNameMetrics[m].type == MetricType::counter ? sum + values[m] : std::max(sum, values[m]);
    }
  }
}

}  // namespace

MetricValues read_metrics(const PoolViews& pool) {
  MetricValues all;
  {
    const PoolHeader& from = pool.tasks.header();
    all.pool = {MUSTER_POOL_METRICS(MUSTER_READ_METRIC)};
    // Acquire pairs with KnownTypes::name_index(): a name that is counted is there.
    const std::uint32_t names = from.names.load(std::memory_order_acquire);
    all.names.resize(std::min<std::size_t>(names, kMaxNames));
  }
  {
    const Facts& from = pool.facts.facts();
    all.facts = {MUSTER_FACTS_METRICS(MUSTER_READ_METRIC)};
  }
  for (std::size_t i = 0; i < all.names.size(); ++i) {
    all.names[i].name = task_name(pool.tasks, i);
    all.names[i].values.resize(kNameMetrics.size());
  }
  for (std::uint32_t w = 0; w < pool.tasks.geometry.workers; ++w) {
    const WindowView window = pool.results.window(w);
    all.workers.push_back(read_worker(window));
    add_names(window, all.names);
  }
  const auto unused = [](const MetricValues::OfName& name) {
    return std::ranges::all_of(name.values, [](std::uint64_t value) { return value == 0; });
  };
  std::erase_if(all.names, unused);
  return all;
}

#undef MUSTER_READ_METRIC

const LoadedPool& InspectorAccess::pool(const PoolInspector& inspector) {
  return inspector.pool_->chosen.pool;
}

}  // namespace muster::detail
