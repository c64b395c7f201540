#include "json.hpp"

#include <nlohmann/json.hpp>

#include "notes.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using Json = nlohmann::ordered_json;
using muster::WorkerState;
using muster::WorkerStats;
using muster::detail::PoolPicture;
using muster::detail::ProcessInfo;
using muster::detail::SkippedPool;
using muster::detail::Survey;

constexpr int kSchema = 1;

std::string dump(const Json& document) {
  // Names may be bytes of any kind.
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json to_json(pid_t pid) { return pid == 0 ? Json() : Json(pid); }

Json to_json(const ProcessInfo& process) {
  return {{"pid", process.pid}, {"command", process.command}};
}

Json summary(const PoolPicture& pool) {
  const muster::PoolStats& stats = pool.stats;
  return {{"name", pool.name},
          {"client", {{"pid", pool.client_pid}, {"command", pool.command}}},
          {"supervisor_pid", to_json(pool.supervisor_pid)},
          {"state", word(pool.condition)},
          {"created", rfc3339(pool.created_realtime_ns)},
          {"age_seconds", pool.age.seconds()},
          {"workers_alive", pool.workers_alive},
          {"worker_limit", stats.workers.size()},
          {"submitted", stats.submitted},
          {"queued", stats.queued},
          {"running", stats.running},
          {"finished", stats.finished},
          {"failed", stats.failed},
          {"cancelled", stats.cancelled},
          {"deaths", stats.deaths},
          {"restarts", stats.restarts},
          {"shared_memory_bytes", stats.shared_memory_bytes}};
}

// null: it runs nothing.
Json task_of(const WorkerStats& worker) {
  if (worker.state != WorkerState::running) return {};
  Json task = {{"id", worker.task_id},
               {"name", worker.task_name},
               {"run_seconds", worker.running_for.seconds()},
               {"progress", nullptr}};
  if (worker.progress_total != 0) {
    task["progress"] = {{"done", worker.progress_done}, {"total", worker.progress_total}};
  }
  return task;
}

Json to_json(const WorkerStats& worker) {
  return {{"index", worker.index},           {"pid", to_json(worker.pid)},
          {"state", word(worker.state)},     {"task", task_of(worker)},
          {"tasks_done", worker.tasks_done}, {"deaths", worker.deaths}};
}

}  // namespace

std::string list_document(const Survey& survey) {
  Json document = {{"schema", kSchema},
                   {"pools", Json::array()},
                   {"skipped", Json::array()},
                   {"hidden_processes", Json::array()}};
  for (const PoolPicture& pool : survey.pools) document["pools"].push_back(summary(pool));
  for (const SkippedPool& skipped : survey.skipped) {
    Json holders = Json::array();
    for (const ProcessInfo& holder : skipped.holders) holders.push_back(to_json(holder));
    document["skipped"].push_back(
        {{"name", skipped.name}, {"reason", word(skipped.error)}, {"processes", holders}});
  }
  for (const ProcessInfo& process : survey.hidden) {
    document["hidden_processes"].push_back(to_json(process));
  }
  return dump(document);
}

std::string pool_document(const PoolPicture& pool) {
  Json description = summary(pool);
  description["rescued_wakeups"] = pool.stats.rescued_wakeups;
  description["workers"] = Json::array();
  for (const WorkerStats& worker : pool.stats.workers) {
    description["workers"].push_back(to_json(worker));
  }
  return dump({{"schema", kSchema}, {"pool", description}});
}

}  // namespace muster_tool
