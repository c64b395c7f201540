#include "lib/inspect/survey.hpp"

#include <algorithm>
#include <tuple>

#include "lib/common/deadline.hpp"

namespace muster::detail {

namespace {

PoolCondition condition_of(PoolState state) {
  switch (state) {
    case PoolState::starting: return PoolCondition::starting;
    case PoolState::running: return PoolCondition::running;
    case PoolState::shut_down: return PoolCondition::shut_down;
    case PoolState::broken: return PoolCondition::broken;
    case PoolState::closed: return PoolCondition::closed;
  }
  return PoolCondition::unknown;
}

// The facts are as old as the supervisor that wrote them, and a number may be another process's by
// now: a worker's parent is the supervisor, whose death it does not outlive.
bool is_child(pid_t pid, pid_t supervisor) {
  const auto process = read_process(pid);
  return process && process->lives() && process->parent == supervisor;
}

bool holds(const FoundPool& found, pid_t pid) {
  return std::find(found.holders.begin(), found.holders.end(), pid) != found.holders.end();
}

}  // namespace

bool PoolPicture::has_process(pid_t pid) const {
  return pid == client_pid || (pid == supervisor_pid && pid != 0) ||
         std::any_of(stats.workers.begin(), stats.workers.end(),
                     [&](const WorkerStats& worker) { return worker.pid == pid && pid != 0; });
}

PoolPicture take_picture(const FoundPool& found, const LoadedPool& pool) {
  const PoolConstants& constants = pool.constants();
  PoolPicture picture;
  picture.name = found.name;
  picture.client_pid = constants.client_pid;
  picture.created_realtime_ns = constants.created_realtime_ns;
  picture.age = std::chrono::nanoseconds(
      std::max<std::int64_t>(monotonic_ns() - constants.created_monotonic_ns, 0));
  picture.condition = condition_of(pool.views().tasks.header().state.load());
  const auto client = read_process(constants.client_pid);
  if (client) picture.command = client->command;
  // A client whose files cannot be seen is no holder, and lives all the same.
  if (!holds(found, constants.client_pid) && !(client && client->lives())) {
    picture.condition = PoolCondition::orphan;
  }
  const auto supervisor = static_cast<pid_t>(pool.views().facts.facts().supervisor_pid.load());
  if (supervisor > 0 && holds(found, supervisor)) picture.supervisor_pid = supervisor;

  picture.stats = take_snapshot(pool.views());
  picture.stats.shared_memory_bytes = pool.backed_bytes();
  for (WorkerStats& worker : picture.stats.workers) {
    if (worker.pid > 0 && is_child(worker.pid, supervisor)) {
      ++picture.workers_alive;
      continue;
    }
    WorkerStats gone;
    gone.index = worker.index;
    gone.state = WorkerState::dead;
    gone.tasks_done = worker.tasks_done;
    gone.deaths = worker.deaths;
    worker = gone;
  }
  return picture;
}

Survey survey_pools() {
  Survey survey;
  PoolSearch search = find_pools();
  survey.hidden = std::move(search.hidden);
  survey.error = search.error;
  for (const FoundPool& found : search.pools) {
    const PoolLoad load = load_pool(found);
    if (load.pool) {
      survey.pools.push_back(take_picture(found, *load.pool));
    } else if (load.error != LoadError::gone) {
      SkippedPool& skipped = survey.skipped.emplace_back();
      skipped.name = found.name;
      skipped.error = load.error;
      for (const pid_t pid : found.holders) {
        if (auto process = read_process(pid)) skipped.holders.push_back(std::move(*process));
      }
      if (skipped.holders.empty()) survey.skipped.pop_back();  // gone meanwhile
    }
  }
  const auto order = [](const PoolPicture& pool) {
    return std::tuple(pool.client_pid, pool.created_realtime_ns);
  };
  std::sort(survey.pools.begin(), survey.pools.end(),
            [&](const PoolPicture& a, const PoolPicture& b) { return order(a) < order(b); });
  return survey;
}

}  // namespace muster::detail
