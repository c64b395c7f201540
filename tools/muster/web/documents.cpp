#include "documents.hpp"

#include <algorithm>

#include "tools/muster/json.hpp"

namespace muster_tool::web {

namespace {

using muster::Duration;
using muster::LatencyHistogram;
using muster::PoolInfo;
using muster::WorkerStats;

// More of them than anybody reads.
constexpr std::size_t kMostNames = 100;
constexpr std::size_t kMostFailures = 100;

std::string line(const Json& document) { return dump(document, Layout::line); }

double seconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

Json brief(const PoolInfo& pool) {
  const muster::PoolStats& stats = pool.stats;
  return {{"id", pool.id},
          {"name", pool.name},
          {"client", pool.client_pid},
          {"command", pool.command},
          {"supervisor", pool.supervisor_pid},
          {"state", muster::to_string(pool.state)},
          {"created", seconds(pool.created)},
          {"alive", pool.workers_alive},
          {"limit", stats.workers.size()},
          {"queued", stats.queued},
          {"running", stats.running},
          {"done", stats.finished + stats.failed},
          {"deaths", stats.deaths}};
}

Json quantiles(const LatencyHistogram& times) {
  return {{"count", times.count()},
          {"p50", times.quantile(0.5).seconds()},
          {"p90", times.quantile(0.9).seconds()},
          {"p99", times.quantile(0.99).seconds()},
          {"max", times.max().seconds()}};
}

Json histogram(const LatencyHistogram& times) {
  Json document = quantiles(times);
  Json buckets = Json::array();
  for (const LatencyHistogram::Bucket& bucket : times.buckets()) {
    buckets.push_back({bucket.low.seconds(), bucket.high.seconds(), bucket.count});
  }
  document["buckets"] = std::move(buckets);
  return document;
}

}  // namespace

std::string quoted(std::string_view text) { return line(Json(text)); }

std::string pools_document(const muster::PoolList& list) {
  Json document = {{"pools", Json::array()}, {"unreadable", Json::array()}};
  for (const PoolInfo& pool : list.pools) document["pools"].push_back(brief(pool));
  for (const muster::UnreadablePool& pool : list.unreadable) {
    document["unreadable"].push_back(to_json(pool));
  }
  document["hidden"] = to_json(list.hidden);
  return line(document);
}

std::string numbers_document(const PoolInfo& pool, std::chrono::system_clock::time_point at) {
  const muster::PoolStats& stats = pool.stats;
  Json document = brief(pool);
  document.update({{"at", seconds(at)},
                   {"submitted", stats.submitted},
                   {"finished", stats.finished},
                   {"failed", stats.failed},
                   {"cancelled", stats.cancelled},
                   {"behind", stats.behind},
                   {"requeued", stats.requeued},
                   {"restarts", stats.restarts},
                   {"memory", stats.shared_memory_bytes},
                   {"arguments", stats.arguments_bytes},
                   {"results", stats.results_bytes},
                   {"sampling", stats.sampling}});
  return line(document);
}

std::string workers_document(const PoolInfo& pool, std::chrono::system_clock::time_point at) {
  Json workers = Json::array();
  for (const WorkerStats& worker : pool.stats.workers) {
    Json row = {{"index", worker.index},
                {"pid", worker.pid},
                {"state", muster::to_string(worker.state)},
                {"done", worker.tasks_done},
                {"failed", worker.tasks_failed},
                {"deaths", worker.deaths},
                {"cpu", worker.cpu_time.seconds()},
                {"rss", worker.rss_bytes},
                {"max_rss", worker.max_rss_bytes}};
    if (worker.task_id != 0) {
      row["task"] = {{"id", worker.task_id},
                     {"name", worker.task_name},
                     {"attempt", worker.task_attempt},
                     {"run", worker.running_for.seconds()}};
      if (worker.progress_total != 0) {
        row["task"]["progress"] = {worker.progress_done, worker.progress_total};
      }
    }
    workers.push_back(std::move(row));
  }
  return line({{"at", seconds(at)}, {"workers", std::move(workers)}});
}

std::string detail_document(const PoolInfo& pool, const RecentTimes& recent) {
  const muster::PoolStats& stats = pool.stats;
  Json document = {
      {"all", {{"queue", histogram(stats.queue_time)}, {"run", histogram(stats.run_time)}}},
      {"recent",
       {{"over", recent.over.seconds()},
        {"queue", histogram(recent.queue_time)},
        {"run", histogram(recent.run_time)}}},
      {"tasks", Json::array()},
      {"names", stats.tasks.size()},
      {"failures", Json::array()},
      {"kinds_of_failure", stats.failures.size()}};
  for (std::size_t i = 0; i < std::min(stats.tasks.size(), kMostNames); ++i) {
    const muster::TaskNameStats& task = stats.tasks[i];
    document["tasks"].push_back({{"name", task.name},
                                 {"done", task.done},
                                 {"failed", task.failed},
                                 {"run", quantiles(task.run_time)},
                                 {"max_rss", task.max_rss_bytes}});
  }
  for (std::size_t i = 0; i < std::min(stats.failures.size(), kMostFailures); ++i) {
    document["failures"].push_back(to_json(stats.failures[i]));
  }
  return line(document);
}

std::string deaths_document(const std::vector<muster::DeathStats>& deaths,
                            const std::vector<Described>& backtraces) {
  Json list = Json::array();
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    const muster::DeathStats& death = deaths[i];
    list.push_back({{"number", death.number},
                    {"at", seconds(death.at)},
                    {"worker", death.death.worker_index},
                    {"pid", death.death.worker_pid},
                    {"signal", maybe(death.death.term_signal)},
                    {"exit_code", maybe(death.death.exit_code)},
                    {"name", death.death.task_name},
                    {"task", death.task_id},
                    {"ran", death.ran_for.seconds()},
                    {"requeued", death.requeued},
                    {"max_rss", maybe(death.death.max_rss_bytes)},
                    {"sentence", death.sentence},
                    {"backtrace", backtraces[i]}});
  }
  return line({{"deaths", std::move(list)}});
}

std::string ended_document(const PoolInfo& pool, std::chrono::system_clock::time_point at) {
  return line({{"id", pool.id}, {"name", pool.name}, {"at", seconds(at)}});
}

}  // namespace muster_tool::web
