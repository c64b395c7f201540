#include "json.hpp"

#include "text.hpp"

namespace muster_tool {

namespace {

constexpr int kSchema = 1;

Json pid_json(pid_t pid) { return pid == 0 ? Json() : Json(pid); }

}  // namespace

std::string dump(const Json& json, Layout layout) {
  // Names may be bytes of any kind, and some are orders to the terminal that this may be looked at
  // in: what is not ASCII is escaped.
  return json.dump(layout == Layout::page ? 2 : -1, ' ', true, Json::error_handler_t::replace);
}

std::string document(const Json& members, Layout layout) {
  Json all = {{"schema", kSchema}};
  all.update(members);
  return dump(all, layout) + "\n";
}

std::string document(std::string_view name, Json value, Layout layout) {
  Json members;
  members[std::string(name)] = std::move(value);
  return document(members, layout);
}

Json to_json(const std::vector<muster::ProcessName>& processes) {
  Json list = Json::array();
  for (const muster::ProcessName& process : processes) {
    list.push_back({{"pid", process.pid}, {"command", process.command}});
  }
  return list;
}

Json to_json(const muster::UnreadablePool& pool) {
  return {{"name", pool.name},
          {"reason", to_string(pool.reason)},
          {"processes", to_json(pool.processes)}};
}

void add_unseen(Json& members, const muster::PoolList& list) {
  members["skipped"] = Json::array();
  for (const auto& unread : list.unreadable) members["skipped"].push_back(to_json(unread));
  members["hidden_processes"] = to_json(list.hidden);
}

Json to_json(const muster::LatencyHistogram& histogram) {
  if (histogram.empty()) return {};
  return {{"count", histogram.count()},
          {"mean_seconds", histogram.mean().seconds()},
          {"p50_seconds", histogram.quantile(0.5).seconds()},
          {"p90_seconds", histogram.quantile(0.9).seconds()},
          {"p99_seconds", histogram.quantile(0.99).seconds()},
          {"max_seconds", histogram.max().seconds()}};
}

Json to_json(const muster::SlotCounts& slots) {
  return {{"free", slots.free},
          {"pending", slots.pending},
          {"running", slots.running},
          {"ended", slots.ended}};
}

Json to_json(const muster::FailureStats& failure) {
  return {{"task", failure.task_name}, {"message", failure.message}, {"count", failure.count}};
}

Json to_json(const muster::TaskNameStats& task) {
  return {{"name", task.name},
          {"done", task.done},
          {"failed", task.failed},
          {"lost", task.lost},
          {"timed", task.timed},
          {"run_time", to_json(task.run_time)},
          {"max_rss_bytes", task.max_rss_bytes == 0 ? Json() : Json(task.max_rss_bytes)}};
}

Json to_json(const muster::TaskInfo& task) {
  const auto seconds = [](const std::optional<muster::Duration>& duration) {
    return duration ? Json(duration->seconds()) : Json();
  };
  return {{"id", task.id},
          {"name", task.name},
          {"state", to_string(task.state)},
          {"attempt", task.attempt},
          {"worker", maybe(task.worker)},
          {"items", task.items == 0 ? Json() : Json(task.items)},
          {"waited_seconds", seconds(task.waited)},
          {"run_seconds", seconds(task.running_for)}};
}

Json to_json(const muster::DeathStats& death) {
  const muster::WorkerDeath& end = death.death;
  Json task;
  if (death.task_id != 0) {
    task = {
        {"id", death.task_id}, {"name", end.task_name}, {"run_seconds", death.ran_for.seconds()}};
  }
  return {{"number", death.number},
          {"at", rfc3339(death.at)},
          {"worker", {{"index", end.worker_index}, {"pid", pid_json(end.worker_pid)}}},
          {"signal", maybe(end.term_signal)},
          {"exit_code", maybe(end.exit_code)},
          {"core_dumped", end.core_dumped},
          {"max_rss_bytes", maybe(end.max_rss_bytes)},
          {"task", task},
          {"requeued", death.requeued},
          {"sentence", death.sentence}};
}

Json summary_json(const muster::PoolInfo& pool, const Rates& rates) {
  const muster::PoolStats& stats = pool.stats;
  return {{"name", pool.name},
          {"id", pool.id},
          {"client", {{"pid", pool.client_pid}, {"command", pool.command}}},
          {"supervisor_pid", pid_json(pool.supervisor_pid)},
          {"state", to_string(pool.state)},
          {"why_broken", pool.why_broken.empty() ? Json() : Json(pool.why_broken)},
          {"created", rfc3339(pool.created)},
          {"age_seconds", pool.age.seconds()},
          {"workers_alive", pool.workers_alive},
          {"worker_limit", stats.workers.size()},
          {"submitted", stats.submitted},
          {"queued", stats.queued},
          {"behind", stats.behind},
          {"running", stats.running},
          {"finished", stats.finished},
          {"failed", stats.failed},
          {"cancelled", stats.cancelled},
          {"requeued", stats.requeued},
          {"done_per_second", maybe(rates.done_per_second())},
          {"queue_time", to_json(stats.queue_time)},
          {"run_time", to_json(stats.run_time)},
          {"sampling", stats.sampling},
          {"deaths", stats.deaths},
          {"restarts", stats.restarts},
          {"shared_memory_bytes", stats.shared_memory_bytes},
          {"arguments_bytes", stats.arguments_bytes},
          {"results_bytes", stats.results_bytes},
          {"max_shared_memory_bytes",
           stats.max_shared_memory == 0 ? Json() : Json(stats.max_shared_memory)}};
}

}  // namespace muster_tool
