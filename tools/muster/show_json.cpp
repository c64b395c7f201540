#include "show_page.hpp"
#include "stuck.hpp"

namespace muster_tool {

namespace {

using muster::WorkerStats;

// null: it runs nothing.
Json task_of(const WorkerStats& worker) {
  if (!has_task(worker)) return {};
  Json task = {{"id", worker.task_id},
               {"name", worker.task_name},
               {"run_seconds", worker.running_for.seconds()},
               {"attempt", worker.task_attempt},
               {"progress", nullptr}};
  if (worker.progress_total != 0) {
    task["progress"] = {{"done", worker.progress_done}, {"total", worker.progress_total}};
  }
  return task;
}

Json worker_json(const WorkerStats& worker, std::optional<double> cpu, bool stuck) {
  const bool alive = worker.pid != 0;
  return {{"index", worker.index},
          {"pid", alive ? Json(worker.pid) : Json()},
          {"state", to_string(worker.state)},
          {"stuck", stuck},
          {"task", task_of(worker)},
          {"cpu", maybe(cpu)},
          {"cpu_seconds", alive ? Json(worker.cpu_time.seconds()) : Json()},
          {"age_seconds", alive ? Json(worker.age.seconds()) : Json()},
          {"rss_bytes", alive ? Json(worker.rss_bytes) : Json()},
          {"max_rss_bytes", worker.max_rss_bytes == 0 ? Json() : Json(worker.max_rss_bytes)},
          {"results_bytes", worker.results_bytes},
          {"tasks_done", worker.tasks_done},
          {"tasks_failed", worker.tasks_failed},
          {"parks", worker.parks},
          {"deaths", worker.deaths}};
}

}  // namespace

Json show_json(const muster::PoolInfo& pool, const Rates& rates, muster::Duration stuck_after) {
  const muster::PoolStats& stats = pool.stats;
  Json json = summary_json(pool, rates);
  json["rescued_wakeups"] = stats.rescued_wakeups;
  json["slots"] = to_json(stats.slots);
  json["failures"] = Json::array();
  for (const auto& failure : stats.failures) json["failures"].push_back(to_json(failure));
  json["last_death"] = stats.last_deaths.empty() ? Json() : to_json(stats.last_deaths.front());
  json["workers"] = Json::array();
  for (std::size_t i = 0; i < stats.workers.size(); ++i) {
    const WorkerStats& worker = stats.workers[i];
    json["workers"].push_back(worker_json(worker, rates.cpu(i), is_stuck(worker, stuck_after)));
  }
  return json;
}

}  // namespace muster_tool
