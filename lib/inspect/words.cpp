// What enumerations are called for people and in documents.

#include <string>

#include <muster/inspect.hpp>
#include <muster/version.hpp>

#include "lib/telemetry/metrics.hpp"

namespace muster {

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::starting: return "starting";
    case WorkerState::idle: return "idle";
    case WorkerState::parked: return "parked";
    case WorkerState::running: return "running";
    case WorkerState::stopped: return "stopped";
    case WorkerState::stopping: return "stopping";
    case WorkerState::dead: return "dead";
  }
  return "unknown";
}

std::string_view to_string(PoolState state) {
  switch (state) {
    case PoolState::starting: return "starting";
    case PoolState::ok: return "ok";
    case PoolState::degraded: return "degraded";
    case PoolState::shutdown: return "shutdown";
    case PoolState::broken: return "broken";
    case PoolState::closed: return "closed";
    case PoolState::orphan: return "orphan";
    case PoolState::unknown: break;
  }
  return "unknown";
}

std::string_view to_string(UnreadablePool::Reason reason) {
  switch (reason) {
    case UnreadablePool::Reason::permission: return "permission";
    case UnreadablePool::Reason::another_version: return "another version";
    case UnreadablePool::Reason::corrupt: return "corrupt";
    case UnreadablePool::Reason::ambiguous: return "ambiguous";
    case UnreadablePool::Reason::no_memory: return "no memory";
  }
  return "unknown";
}

std::string describe(const ProcessName& process) {
  return std::to_string(process.pid) + " (" + process.command + ")";
}

std::string describe(const UnreadablePool& pool) {
  const std::string process = pool.processes.empty()
                                  ? "a process that has ended"
                                  : "process " + describe(pool.processes.front());
  const std::string which = "pool \"" + pool.name + "\" of " + process;
  switch (pool.reason) {
    case UnreadablePool::Reason::permission: return "the memory of " + which + " may not be read";
    case UnreadablePool::Reason::another_version:
      return which +
             " is of another version of Muster, or another build of it, and its memory is laid out "
             "differently from what this one (" MUSTER_VERSION
             ") reads; use the tool that was built with it";
    case UnreadablePool::Reason::ambiguous:
      return which +
             " cannot be told from another that the same process gave this name; give pools names "
             "of their own";
    case UnreadablePool::Reason::no_memory:
      return which +
             " cannot be read: this process has no address space (ulimit -v) or file descriptors "
             "(ulimit -n) left";
    case UnreadablePool::Reason::corrupt: break;
  }
  return "what is called " + which + " is not a pool's memory, or is damaged";
}

std::string_view to_string(TaskState state) {
  switch (state) {
    case TaskState::pending: return "pending";
    case TaskState::running: return "running";
    case TaskState::ended: return "ended";
  }
  return "unknown";
}

std::string_view to_string(TaskEventKind kind) {
  switch (kind) {
#define MUSTER_EVENT_WORD(name, sentence) \
  case TaskEventKind::name: return #name;
    MUSTER_TASK_EVENTS(MUSTER_EVENT_WORD)
#undef MUSTER_EVENT_WORD
  }
  return "unknown";
}

}  // namespace muster
