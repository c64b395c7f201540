#include "page.hpp"

#include <fmt/format.h>

#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

using muster::WorkerState;
using muster::WorkerStats;
using muster::detail::PoolPicture;
using muster::detail::Survey;

namespace {

std::string summary_of(const PoolPicture& pool) {
  const muster::PoolStats& stats = pool.stats;
  const std::string supervisor = pool.supervisor_pid == 0
                                     ? "no supervisor"
                                     : fmt::format("supervisor {}", pool.supervisor_pid);
  return fmt::format(
      "pool     {}: {}, {} old\n"
      "client   {} ({}), {}\n"
      "workers  {} of {} alive, {} deaths, {} restarts\n"
      "tasks    {} queued, {} running; of {} submitted {} finished, {} failed, {} cancelled\n"
      "memory   {} shared\n",
      printable(pool.name), word(pool.condition), describe(pool.age), pool.client_pid,
      printable(pool.command), supervisor, pool.workers_alive, stats.workers.size(), stats.deaths,
      stats.restarts, stats.queued, stats.running, stats.submitted, stats.finished, stats.failed,
      stats.cancelled, describe_bytes(stats.shared_memory_bytes));
}

std::string table_of(const PoolPicture& pool) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"WORKER", kRight}, {"PID", kRight},    {"STATE"},           {"RUN TIME", kRight},
              {"DONE", kRight},   {"DEATHS", kRight}, {"TASK ID", kRight}, {"TASK"}};
  for (const WorkerStats& worker : pool.stats.workers) {
    const bool runs = worker.state == WorkerState::running;
    table.add({std::to_string(worker.index), worker.pid == 0 ? "-" : std::to_string(worker.pid),
               std::string(word(worker.state)), runs ? describe(worker.running_for) : "-",
               std::to_string(worker.tasks_done), std::to_string(worker.deaths),
               runs ? std::to_string(worker.task_id) : "-",
               runs ? printable(worker.task_name) : "-"});
  }
  return table.str();
}

}  // namespace

std::string list_page(const Survey& survey) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"NAME"},
              {"CLIENT", kRight},
              {"COMMAND"},
              {"STATE"},
              {"WORKERS", kRight},
              {"QUEUED", kRight},
              {"RUNNING", kRight},
              {"DONE", kRight},
              {"FAILED", kRight},
              {"DEATHS", kRight},
              {"AGE", kRight}};
  for (const PoolPicture& pool : survey.pools) {
    const muster::PoolStats& stats = pool.stats;
    table.add({printable(pool.name), std::to_string(pool.client_pid), printable(pool.command),
               std::string(word(pool.condition)),
               fmt::format("{}/{}", pool.workers_alive, stats.workers.size()),
               std::to_string(stats.queued), std::to_string(stats.running),
               std::to_string(stats.finished), std::to_string(stats.failed),
               std::to_string(stats.deaths), describe(pool.age)});
  }
  return table.str();
}

std::string pool_page(const PoolPicture& pool) { return summary_of(pool) + "\n" + table_of(pool); }

}  // namespace muster_tool
