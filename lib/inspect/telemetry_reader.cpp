#include "lib/inspect/telemetry_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "lib/inspect/death_text.hpp"

namespace muster::detail {

// Workers that threw the same in tasks of one name are one failure. There may be kFailures of each
// worker, all of them different.
class TelemetryReader::FailureSums {
 public:
  explicit FailureSums(std::vector<FailureStats>& sums) : sums_(sums) {}

  void add(std::string name, std::string message, std::uint64_t count) {
    // Neither has a 0 in it.
    const auto [place, is_new] = places_.try_emplace(name + '\0' + message, sums_.size());
    if (is_new) {
      sums_.push_back({std::move(name), std::move(message), count});
    } else {
      sums_[place->second].count += count;
    }
  }

 private:
  std::vector<FailureStats>& sums_;
  boost::unordered_flat_map<std::string, std::size_t> places_;
};

LatencyHistogram TelemetryReader::read(const SharedHistogram& histogram,
                                       const BucketRange& range) const {
  const std::uint64_t written = range.word.load(std::memory_order_relaxed);  // as the counts are
  const std::size_t begin = BucketRange::begin(written);
  const std::size_t end = std::min(BucketRange::end(written), HistogramBuckets::kCount);
  if (begin >= end) return {};
  std::vector<std::uint64_t> counts(end);
  for (std::size_t i = begin; i < end; ++i) {
    counts[i] = histogram.counts[i].load(std::memory_order_relaxed);  // a count among others
  }
  return {std::move(counts), clock_.ns_per_tick()};
}

void TelemetryReader::read(PoolStats& stats) const {
  const std::size_t names =
      std::min<std::size_t>(pool_.tasks.header().names.load(std::memory_order_acquire), kMaxNames);
  stats.tasks.resize(names);
  for (std::size_t i = 0; i < names; ++i) {
    stats.tasks[i].name = task_name(pool_.tasks, i);
    stats.tasks[i].lost = pool_.tasks.header().lost[i].load();
  }
  FailureSums failures(stats.failures);
  for (std::uint32_t w = 0; w < pool_.tasks.geometry.workers; ++w) read_worker(w, stats, failures);
  std::erase_if(stats.tasks, [](const TaskNameStats& task) {
    return task.done == 0 && task.failed == 0 && task.lost == 0;
  });
  for (const TaskNameStats& task : stats.tasks) stats.run_time += task.run_time;
  std::ranges::stable_sort(stats.tasks, std::greater(), &TaskNameStats::done);
  std::ranges::stable_sort(stats.failures, std::greater(), &FailureStats::count);
  read_deaths(stats);
}

// What was never written is not looked at: it would take up memory.
void TelemetryReader::read_worker(std::uint32_t worker, PoolStats& stats,
                                  FailureSums& failures) const {
  const WindowView window = pool_.results.window(worker);
  if (!window.tells()) return;
  const TelemetryView telemetry = window.telemetry();
  WorkerTelemetry& head = telemetry.head();
  for (std::size_t i = 0; i < stats.tasks.size(); ++i) {
    NameTelemetry& name = head.names[i];
    TaskNameStats& task = stats.tasks[i];
    // Acquire pairs with TaskTelemetry::take_back(): these are among those that are read then.
    const std::uint64_t taken_back = name.taken_back.load(std::memory_order_acquire);
    const std::uint64_t done = name.done.load();
    task.done += done - std::min(done, taken_back);
    task.failed += name.failures.load();
    task.max_rss_bytes = std::max(task.max_rss_bytes, name.max_rss.load());
    task.timed += name.timed.load();
    if (telemetry.plan.histograms != 0) {
      task.run_time += read(telemetry.run_time(static_cast<std::uint8_t>(i)), name.run_time);
    }
  }
  stats.queue_time += read(telemetry.queue_time(), head.queue_time);
  if (head.failures.load() != 0) read_failures(head, failures);
}

void TelemetryReader::read_failures(const WorkerTelemetry& head, FailureSums& failures) const {
  for (const FailureTelemetry& failure : head.failure_texts) {
    // Acquire pairs with the worker's release: the text is there if it is counted.
    const std::uint64_t count = failure.count.load(std::memory_order_acquire);
    if (count == 0) return;
    failures.add(task_name(pool_.tasks, failure.name),
                 {failure.text, ::strnlen(failure.text, FailureTelemetry::kText)}, count);
  }
}

void TelemetryReader::read_deaths(PoolStats& stats) const {
  const Facts& facts = pool_.facts.facts();
  const std::uint64_t count = facts.deaths.load(std::memory_order_acquire);
  const std::uint64_t oldest = count > kDeaths ? count - kDeaths : 0;
  for (std::uint64_t number = count; number > oldest; --number) {
    const DeathRecord& record = facts.death[(number - 1) % kDeaths];
    // Acquire pairs with publish_death(): the fields are there if the number is.
    if (record.number.load(std::memory_order_acquire) != number) continue;
    DeathStats death = read_death_record(record);
    // Acquire: what was read above was read before this. It was the same record all the while.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.number.load(std::memory_order_relaxed) != number) continue;
    death.number = number;
    stats.last_deaths.push_back(std::move(death));
  }
}

DeathStats TelemetryReader::read_death_record(const DeathRecord& record) const {
  const std::string name = record.task != 0 ? task_name(pool_.tasks, record.name) : "";
  const Duration ran_for = clock_.duration(record.ran_for_ticks);
  DeathFacts facts = read_death(record, name, ran_for.seconds());
  DeathStats death;
  death.at = clock_.at(record.at_ticks);
  death.task_id = facts.task_id;
  death.ran_for = ran_for;
  death.requeued = facts.requeued;
  death.frames = std::move(facts.frames);
  death.sentence = describe_death(facts, 1, 1);
  death.death = std::move(facts.death);
  return death;
}

}  // namespace muster::detail
