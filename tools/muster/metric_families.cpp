#include "metric_families.hpp"

#include <array>
#include <span>
#include <string>

#include <fmt/format.h>

#include "lib/telemetry/metrics.hpp"
#include "stuck.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::TaskNameStats;
using muster::WorkerStats;
using muster::detail::MetricDescription;
using muster::detail::MetricType;
using muster::detail::MetricUnit;
using Type = MetricFamily::Type;

struct Description {
  std::string_view name;
  Type type = Type::gauge;
  std::string_view unit;
  std::string_view help;
};

consteval Description gauge(std::string_view name, std::string_view help) {
  return {name, Type::gauge, "", help};
}

template <class Of>
struct Metric {
  Description description;
  double (*value)(const Of& of);
};

double number(std::uint64_t count) { return static_cast<double>(count); }

// What is made of a snapshot, beside what the pool counts itself.
constexpr std::array kPool = std::to_array<Metric<PoolInfo>>({
    {gauge("tasks_queued", "Tasks that no worker has begun, those behind among them."),
     [](const PoolInfo& p) { return number(p.stats.queued); }},
    {gauge("tasks_running", "Tasks that workers have begun and not ended."),
     [](const PoolInfo& p) { return number(p.stats.running); }},
    {gauge("worker_limit", "Workers that the pool is to have."),
     [](const PoolInfo& p) { return number(p.stats.workers.size()); }},
    {gauge("workers_alive", "Workers whose process is there."),
     [](const PoolInfo& p) { return number(p.workers_alive); }},
    {{"shared_memory", Type::gauge, "bytes", "Shared memory that the pool takes."},
     [](const PoolInfo& p) { return number(p.stats.shared_memory_bytes); }},
    {{"results", Type::gauge, "bytes", "Shared memory that results take."},
     [](const PoolInfo& p) { return number(p.stats.results_bytes); }},
    {{"age", Type::gauge, "seconds", "Time since the pool was made."},
     [](const PoolInfo& p) { return p.age.seconds(); }},
});

constexpr std::array kWorker = std::to_array<Metric<WorkerStats>>({
    {{"worker_ends", Type::counter, "", "Deaths of workers of this index."},
     [](const WorkerStats& w) { return number(w.deaths); }},
    {{"worker_cpu", Type::counter, "seconds",
      "Processor time of the worker's process; begins anew with a new process."},
     [](const WorkerStats& w) { return w.cpu_time.seconds(); }},
    {{"worker_resident", Type::gauge, "bytes",
      "Memory that the worker's process holds (resident set)."},
     [](const WorkerStats& w) { return number(w.rss_bytes); }},
    {{"worker_task_age", Type::gauge, "seconds",
      "How long the worker has run the task that it runs; 0 where it runs none."},
     [](const WorkerStats& w) { return has_task(w) ? w.running_for.seconds() : 0; }},
});

// Upper ends of buckets, in seconds.
constexpr std::array kBounds{1e-6,   2.5e-6, 5e-6, 1e-5,  2.5e-5, 5e-5,  1e-4,  2.5e-4, 5e-4, 1e-3,
                             2.5e-3, 5e-3,   0.01, 0.025, 0.05,   0.1,   0.25,  0.5,    1.0,  2.5,
                             5.0,    10.0,   25.0, 50.0,  100.0,  250.0, 500.0, 1000.0};
// Of every name's, of which there may be hundreds.
constexpr std::array kFewBounds{1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0};

MetricFamily family(const Description& description) {
  std::string name = fmt::format("muster_{}", description.name);
  if (!description.unit.empty()) name += fmt::format("_{}", description.unit);
  return {std::move(name), description.type, description.unit, description.help, {}, {}};
}

Labels labels_of(const PoolInfo& pool) { return {{"pool", pool.name}, {"id", pool.id}}; }

Labels labels_of(const PoolInfo& pool, std::string_view name, std::string value) {
  Labels labels = labels_of(pool);
  labels.emplace_back(name, std::move(value));
  return labels;
}

HistogramSample sample(Labels labels, const muster::LatencyHistogram& times,
                       std::span<const double> bounds) {
  HistogramSample sample;
  sample.labels = std::move(labels);
  for (const double bound : bounds) {
    sample.below.emplace_back(bound, times.count_below(std::chrono::duration<double>(bound)));
  }
  sample.count = times.count();
  sample.sum_seconds = times.total().seconds();
  return sample;
}

// A family of what the pool declares, without samples.
MetricFamily family(const MetricDescription& metric) {
  return family({metric.name, metric.type == MetricType::counter ? Type::counter : Type::gauge,
                 metric.unit == MetricUnit::bytes ? "bytes" : "", metric.sentence});
}

using Pools = std::vector<MeasuredPool>;

// One family for each of `metrics`; `add` adds to it what one pool has of that which stands there.
void add_declared(std::vector<MetricFamily>& families, const Pools& pools,
                  std::span<const MetricDescription> metrics, auto add) {
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    MetricFamily& all = families.emplace_back(family(metrics[m]));
    for (const MeasuredPool& pool : pools) add(all, pool, m);
  }
}

void add_declared(std::vector<MetricFamily>& families, const Pools& pools) {
  add_declared(families, pools, muster::detail::kPoolMetrics,
               [](MetricFamily& all, const MeasuredPool& pool, std::size_t m) {
                 all.samples.push_back({labels_of(pool.info), number(pool.counted.pool[m])});
               });
  add_declared(families, pools, muster::detail::kFactsMetrics,
               [](MetricFamily& all, const MeasuredPool& pool, std::size_t m) {
                 all.samples.push_back({labels_of(pool.info), number(pool.counted.facts[m])});
               });
  add_declared(families, pools, muster::detail::kWorkerMetrics,
               [](MetricFamily& all, const MeasuredPool& pool, std::size_t m) {
                 for (std::size_t w = 0; w < pool.counted.workers.size(); ++w) {
                   all.samples.push_back({labels_of(pool.info, "worker", std::to_string(w)),
                                          number(pool.counted.workers[w][m])});
                 }
               });
  add_declared(
      families, pools, muster::detail::kNameMetrics,
      [](MetricFamily& all, const MeasuredPool& pool, std::size_t m) {
        for (const auto& name : pool.counted.names) {
          all.samples.push_back({labels_of(pool.info, "task", name.name), number(name.values[m])});
        }
      });
}

void add_pools(std::vector<MetricFamily>& families, const Pools& pools) {
  for (const auto& metric : kPool) {
    MetricFamily& all = families.emplace_back(family(metric.description));
    for (const auto& [pool, counted] : pools)
      all.samples.push_back({labels_of(pool), metric.value(pool)});
  }
}

void add_states(std::vector<MetricFamily>& families, const Pools& pools) {
  MetricFamily& states =
      families.emplace_back(family(gauge("pool_state", "1 for the state that the pool is in.")));
  for (const auto& [pool, counted] : pools) {
    states.samples.push_back({labels_of(pool, "state", std::string(to_string(pool.state))), 1});
  }
  MetricFamily& slots =
      families.emplace_back(family(gauge("slots", "Slots for tasks, by what is in them.")));
  for (const auto& [pool, counted] : pools) {
    const muster::SlotCounts& counts = pool.stats.slots;
    slots.samples.push_back({labels_of(pool, "state", "free"), number(counts.free)});
    slots.samples.push_back({labels_of(pool, "state", "pending"), number(counts.pending)});
    slots.samples.push_back({labels_of(pool, "state", "running"), number(counts.running)});
    slots.samples.push_back({labels_of(pool, "state", "ended"), number(counts.ended)});
  }
  MetricFamily& workers =
      families.emplace_back(family(gauge("workers", "Workers, by what they do.")));
  using muster::WorkerState;
  for (const auto& [pool, counted] : pools) {
    for (const WorkerState state :
         {WorkerState::starting, WorkerState::idle, WorkerState::parked, WorkerState::running,
          WorkerState::stopped, WorkerState::stopping, WorkerState::dead}) {
      std::uint64_t count = 0;
      for (const WorkerStats& worker : pool.stats.workers) count += worker.state == state ? 1 : 0;
      workers.samples.push_back(
          {labels_of(pool, "state", std::string(to_string(state))), number(count)});
    }
  }
}

void add_times(std::vector<MetricFamily>& families, const Pools& pools) {
  MetricFamily& queue = families.emplace_back(
      family({"task_queue", Type::histogram, "seconds", "From submit to a worker's hands."}));
  for (const auto& [pool, counted] : pools) {
    queue.histograms.push_back(sample(labels_of(pool), pool.stats.queue_time, kBounds));
  }
  MetricFamily& run = families.emplace_back(
      family({"task_run", Type::histogram, "seconds", "In a worker's hands."}));
  for (const auto& [pool, counted] : pools) {
    run.histograms.push_back(sample(labels_of(pool), pool.stats.run_time, kBounds));
  }
}

void add_workers(std::vector<MetricFamily>& families, const Pools& pools) {
  for (const auto& metric : kWorker) {
    MetricFamily& all = families.emplace_back(family(metric.description));
    for (const auto& [pool, counted] : pools) {
      for (const WorkerStats& worker : pool.stats.workers) {
        all.samples.push_back(
            {labels_of(pool, "worker", std::to_string(worker.index)), metric.value(worker)});
      }
    }
  }
}

void add_names(std::vector<MetricFamily>& families, const Pools& pools) {
  MetricFamily& times = families.emplace_back(family(
      {"name_run", Type::histogram, "seconds", "In a worker's hands, of tasks of this name."}));
  for (const auto& [pool, counted] : pools) {
    for (const TaskNameStats& task : pool.stats.tasks) {
      times.histograms.push_back(
          sample(labels_of(pool, "task", task.name), task.run_time, kFewBounds));
    }
  }
}

MetricFamily lone(const Description& description, std::uint64_t value) {
  MetricFamily all = family(description);
  all.samples.push_back({{}, number(value)});
  return all;
}

}  // namespace

std::vector<MetricFamily> metric_families(const Measurement& seen) {
  std::vector<MetricFamily> families;
  families.push_back(lone(gauge("pools", "Pools that are seen."), seen.pools.size()));
  families.push_back(lone(gauge("pools_unreadable", "Pools that are there and cannot be read."),
                          seen.unseen.unreadable.size()));
  families.push_back(
      lone(gauge("processes_hidden", "Processes that may have pools and cannot be looked into."),
           seen.unseen.hidden.size()));
  add_declared(families, seen.pools);
  add_pools(families, seen.pools);
  add_states(families, seen.pools);
  add_times(families, seen.pools);
  add_workers(families, seen.pools);
  add_names(families, seen.pools);
  return families;
}

}  // namespace muster_tool
