#include "show_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "stuck.hpp"
#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::PoolStats;
using muster::WorkerStats;

constexpr std::size_t kFailures = 3;  // that are shown

std::string line(std::string_view title, std::string_view text) {
  return fmt::format("{:<9}{}\n", title, text);
}

std::string pool_lines(const PoolInfo& pool) {
  const std::string supervisor = pool.supervisor_pid == 0
                                     ? "no supervisor"
                                     : fmt::format("supervisor {}{}", pool.supervisor_pid,
                                                   pool.supervisor_stopped ? " (stopped)" : "");
  return line("pool", fmt::format("{}: {}, {} old, id {}", printable(pool.name),
                                  to_string(pool.state), describe(pool.age), pool.id)) +
         line("client",
              fmt::format("{} ({}), {}", pool.client_pid, printable(pool.command), supervisor)) +
         line("workers",
              fmt::format("{} of {} alive, {}, {}", pool.workers_alive, pool.stats.workers.size(),
                          counted(pool.stats.deaths, "death", "deaths"),
                          counted(pool.stats.restarts, "restart", "restarts")));
}

std::string task_lines(const PoolStats& stats, const Rates& rates) {
  std::string text =
      line("tasks", fmt::format("{} queued, {} running, {} done per second", stats.queued,
                                stats.running, describe_rate(rates.done_per_second())));
  text += line("", fmt::format("of {} submitted {} finished, {} failed, {} cancelled, {} requeued",
                               stats.submitted, stats.finished, stats.failed, stats.cancelled,
                               stats.requeued));
  const muster::SlotCounts& slots = stats.slots;
  text += line("slots", fmt::format("{} pending, {} running, {} ended, {} free; {} behind them",
                                    slots.pending, slots.running, slots.ended, slots.free,
                                    counted(stats.behind, "task waits", "tasks wait")));
  return text;
}

// "p50 1.2 ms, p99 3.4 ms".
std::string quantiles(const muster::LatencyHistogram& times) {
  if (times.empty()) return "not known";
  return fmt::format("p50 {}, p99 {}", describe(times.quantile(0.5)),
                     describe(times.quantile(0.99)));
}

std::string time_lines(const PoolStats& stats) {
  std::string run = quantiles(stats.run_time);
  if (stats.sampling > 1) run += fmt::format("; of short tasks 1 in {} is timed", stats.sampling);
  return line("queued", quantiles(stats.queue_time)) + line("ran", run);
}

std::string memory_line(const PoolStats& stats) {
  std::string text = describe_bytes(stats.shared_memory_bytes) + " shared";
  if (stats.max_shared_memory != 0) {
    text += fmt::format(" of at most {}", describe_bytes(stats.max_shared_memory));
  }
  return line("memory", fmt::format("{}: arguments {}, results {}", text,
                                    describe_bytes(stats.arguments_bytes),
                                    describe_bytes(stats.results_bytes)));
}

std::string failure_lines(const PoolStats& stats) {
  std::string text;
  const std::size_t shown = std::min(stats.failures.size(), kFailures);
  for (std::size_t i = 0; i < shown; ++i) {
    const muster::FailureStats& failure = stats.failures[i];
    text += line(i == 0 ? "failures" : "",
                 fmt::format("{} x {}: {}", failure.count, printable(failure.task_name),
                             printable(failure.message)));
  }
  if (shown < stats.failures.size()) {
    text += line(
        "", fmt::format("and {} more messages; --json has them", stats.failures.size() - shown));
  }
  return text;
}

std::string broken_line(const PoolInfo& pool) {
  const auto& deaths = pool.stats.last_deaths;
  const bool is_death = !deaths.empty() && pool.why_broken == deaths.front().sentence;
  if (pool.why_broken.empty() || is_death) return "";
  return line("broken", printable(pool.why_broken));
}

std::string death_line(const PoolStats& stats) {
  if (stats.last_deaths.empty()) return "";
  const muster::DeathStats& last = stats.last_deaths.front();
  return line("death", fmt::format("{} at {}; \"muster deaths\" says more",
                                   printable(last.sentence), rfc3339(last.at)));
}

std::string progress(const WorkerStats& worker) {
  if (worker.progress_total == 0) return "-";
  const double part =
      static_cast<double>(worker.progress_done) / static_cast<double>(worker.progress_total);
  return fmt::format("{:.0f}%", std::min(part, 1.0) * 100);
}

std::string workers_table(const PoolInfo& pool, const Rates& rates, muster::Duration stuck_after) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"WORKER", kRight},
              {"PID", kRight},
              {"STATE"},
              {"RUN TIME", kRight},
              {"TRY", kRight},
              {"PROGRESS", kRight},
              {"CPU", kRight},
              {"RSS", kRight},
              {"MAX RSS", kRight},
              {"DONE", kRight},
              {"DEATHS", kRight},
              {"TASK ID", kRight},
              {"TASK"}};
  for (std::size_t i = 0; i < pool.stats.workers.size(); ++i) {
    const WorkerStats& worker = pool.stats.workers[i];
    const bool runs = has_task(worker);
    const bool alive = worker.pid != 0;
    const auto cpu = rates.cpu(i);
    const std::string_view state =
        is_stuck(worker, stuck_after) ? "stuck" : to_string(worker.state);
    table.add({std::to_string(worker.index), alive ? std::to_string(worker.pid) : "-",
               std::string(state), runs ? describe(worker.running_for) : "-",
               runs ? std::to_string(worker.task_attempt) : "-", runs ? progress(worker) : "-",
               cpu ? fmt::format("{:.0f}%", *cpu * 100) : "-",
               alive ? describe_bytes(worker.rss_bytes) : "-",
               worker.max_rss_bytes == 0 ? "-" : describe_bytes(worker.max_rss_bytes),
               std::to_string(worker.tasks_done), std::to_string(worker.deaths),
               runs ? std::to_string(worker.task_id) : "-",
               runs ? printable(worker.task_name) : "-"});
  }
  return table.str();
}

}  // namespace

std::string show_page(const PoolInfo& pool, const Rates& rates, muster::Duration stuck_after) {
  const PoolStats& stats = pool.stats;
  return pool_lines(pool) + task_lines(stats, rates) + time_lines(stats) + memory_line(stats) +
         failure_lines(stats) + broken_line(pool) + death_line(stats) + "\n" +
         workers_table(pool, rates, stuck_after);
}

}  // namespace muster_tool
