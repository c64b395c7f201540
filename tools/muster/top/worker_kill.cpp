#include "worker_kill.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "lib/inspect/membership.hpp"
#include "lib/inspect/metric_reader.hpp"
#include "screen_text.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

using muster::PoolInfo;
using muster::PoolState;
using muster::WorkerStats;

// A task that has run for less may well have ended before the question is answered: then the worker
// is meant, not the task.
constexpr std::chrono::seconds kLongTask{1};

const WorkerStats* find(const PoolInfo& pool, std::size_t index) {
  const auto& workers = pool.stats.workers;
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const WorkerStats& worker) { return worker.index == index; });
  return found == workers.end() ? nullptr : &*found;
}

// How the pool tells of that death.
std::string death_of(const PoolInfo& pool, pid_t pid) {
  for (const muster::DeathStats& death : pool.stats.last_deaths) {
    if (death.death.worker_pid == pid) return screen_text(death.sentence);
  }
  return "";
}

std::string error_text() { return std::generic_category().message(errno); }

}  // namespace

std::optional<std::string> reason_not_to_kill(const PoolInfo& pool, const WorkerStats& worker) {
  if (worker.pid == 0) return fmt::format("worker {} has no process", worker.index);
  if (pool.supervisor_pid == 0) {
    return fmt::format("worker {} is not killed: the pool has no supervisor that would notice",
                       worker.index);
  }
  if (pool.state == PoolState::broken || pool.state == PoolState::closed ||
      pool.state == PoolState::orphan) {
    return fmt::format("worker {} is not killed: the pool is {}, and its workers end anyway",
                       worker.index, to_string(pool.state));
  }
  return std::nullopt;
}

WorkerKill::WorkerKill(const PoolInfo& pool, const WorkerRow& row)
    : index_(row.worker.index), pid_(row.worker.pid), is_replaced_(pool.replaces_workers) {
  if (!row.runs()) return;
  task_ = screen_text(row.worker.task_name);
  running_for_ = muster_tool::describe(row.worker.running_for);
  if (row.worker.running_for >= muster::Duration(kLongTask)) task_id_ = row.worker.task_id;
}

std::string WorkerKill::who() const { return fmt::format("worker {} (pid {})", index_, pid_); }

std::string WorkerKill::not_killed(const std::string& why) const {
  return fmt::format("{} was not killed: {}", who(), why);
}

std::string WorkerKill::question() const {
  std::string task = "which runs nothing at the moment";
  if (task_id_ != 0) {
    task = fmt::format("which runs \"{}\" (task {}) for {}", task_, task_id_, running_for_);
  } else if (!running_for_.empty()) {
    task = fmt::format("which runs \"{}\" at the moment", task_);
  }
  const std::string_view then =
      is_replaced_ ? "The pool replaces it; a task without retries is lost."
                   : "That breaks the pool (on_worker_death = break_pool): all its tasks are lost.";
  return fmt::format("Kill {}, {}? {} (y/N)", who(), task, then);
}

std::string WorkerKill::send(muster::PoolInspector& pool) {
  // Opened before it is looked at: what is then found to be the worker is what the signal goes to,
  // or has ended, and then it goes to nobody.
  process_ = muster::detail::FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!process_) {
    if (errno == ESRCH) return not_killed("it had ended already");
    return not_killed("it cannot be held on to: " + error_text());
  }
  const PoolInfo now = pool.look();
  const WorkerStats* const worker = find(now, index_);
  if (worker == nullptr || worker->pid != pid_) return not_killed("it had ended already");
  if (const auto reason = reason_not_to_kill(now, *worker)) return *reason;
  using muster::detail::IsWorker;
  const auto& memory = muster::detail::InspectorAccess::pool(pool).views();
  const IsWorker is_worker = muster::detail::is_worker_of(memory, now.supervisor_pid, pid_);
  if (is_worker == IsWorker::no) {
    return not_killed("process " + std::to_string(pid_) +
                      " is no child of the supervisor, or has ended already");
  }
  if (is_worker == IsWorker::unknown) {
    return not_killed(fmt::format(
        "process {}, which is said to be the supervisor, is not seen to have the pool's memory",
        now.supervisor_pid));
  }
  if (task_id_ != 0 && worker->task_id != task_id_) {
    return not_killed(fmt::format("task {} has ended meanwhile", task_id_));
  }
  if (::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0) != 0) {
    return not_killed(errno == ESRCH ? "it had ended already" : error_text());
  }
  sent_ = true;
  return fmt::format("SIGKILL was sent to {}", who());
}

bool WorkerKill::process_has_ended() const {
  pollfd ready{process_.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

std::optional<std::string> WorkerKill::outcome(const PoolInfo& pool) const {
  if (!process_has_ended()) return std::nullopt;
  const WorkerStats* const worker = find(pool, index_);
  const bool replaced = worker != nullptr && worker->pid != 0 && worker->pid != pid_;
  const bool broken = pool.state == PoolState::broken || pool.state == PoolState::closed ||
                      pool.supervisor_pid == 0;
  if (!replaced && !broken) return std::nullopt;
  std::string sentence = death_of(pool, pid_);
  if (sentence.empty()) sentence = fmt::format("{} was killed", who());
  return sentence + (replaced ? fmt::format("; pid {} has taken its place", worker->pid)
                              : std::string("; the pool is broken"));
}

}  // namespace muster_tool::top
