#include <fmt/format.h>

#include "choice.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::WorkerState;
using muster::WorkerStats;
using muster::detail::PoolPicture;
using muster::detail::Survey;

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

ExitCode show_pool(const std::string& words, bool json) {
  const Survey survey = muster::detail::survey_pools();
  if (survey.error) {
    complain(fmt::format("cannot list the processes in /proc: {}", survey.error.message()));
    return ExitCode::failed;
  }
  const Choice choice = choose_pool(survey, words);
  if (choice.pool == nullptr) {
    complain(choice.sentence);
    // It may be one that cannot be seen.
    if (choice.exit_code == ExitCode::no_such_pool) tell_hidden(survey);
    return choice.exit_code;
  }
  if (json) return print(pool_document(*choice.pool));
  return print(summary_of(*choice.pool) + "\n" + table_of(*choice.pool));
}

}  // namespace muster_tool
