#include "lib/inspect/picture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lib/common/deadline.hpp"

namespace muster::detail {

namespace {

PoolState state_of(PoolPhase phase) {
  switch (phase) {
    case PoolPhase::starting: return PoolState::starting;
    case PoolPhase::running: return PoolState::ok;
    case PoolPhase::shut_down: return PoolState::shutdown;
    case PoolPhase::broken: return PoolState::broken;
    case PoolPhase::closed: return PoolState::closed;
  }
  return PoolState::unknown;
}

// As any text there, it may be of any bytes, and may not end.
std::string why_broken(const PoolHeader& header) {
  return {header.why_broken, ::strnlen(header.why_broken, sizeof(header.why_broken))};
}

}  // namespace

std::string id_text(std::uint64_t id) {
  std::array<char, 16> text;
  text.fill('0');
  std::array<char, 16> significant;
  const auto end = std::to_chars(significant.data(), significant.data() + 16, id, 16).ptr;
  std::copy(significant.data(), end, text.end() - (end - significant.data()));
  return {text.data(), text.size()};
}

PoolInfo take_picture(const FoundPool& found, const LoadedPool& pool) {
  const PoolConstants& constants = pool.constants();
  PoolInfo info;
  info.id = id_text(constants.id);
  info.name = found.name;
  info.client_pid = constants.client_pid;
  info.created = system_time(constants.created_realtime_ns);
  info.age = std::chrono::nanoseconds(
      std::max<std::int64_t>(monotonic_ns() - constants.created_monotonic_ns, 0));
  const PoolPhase phase = pool.views().tasks.header().state.load();
  info.state = state_of(phase);
  info.replaces_workers = pool.views().tasks.header().replaces.load() != 0;
  const auto client = read_process(constants.client_pid);
  if (client) info.command = client->command;
  // A client whose files cannot be seen is no holder, and lives all the same.
  if (!found.is_held_by(constants.client_pid) && !(client && client->lives())) {
    info.state = PoolState::orphan;
  }
  const auto supervisor = static_cast<pid_t>(pool.views().facts.facts().supervisor_pid.load());
  if (supervisor > 0 && found.is_held_by(supervisor)) {
    info.supervisor_pid = supervisor;
    const auto process = read_process(supervisor);
    info.supervisor_stopped = process && process->is_stopped();
  }

  info.stats = take_snapshot(pool.views());
  // As it was read above, whatever has become of the client.
  if (phase == PoolPhase::broken) info.why_broken = why_broken(pool.views().tasks.header());
  for (const auto& segment : found.segments) {
    if (segment) info.stats.shared_memory_bytes += backed_bytes(*segment);
  }
  look_at_workers(info.stats, supervisor);
  const auto& workers = info.stats.workers;
  const auto lives = [](const WorkerStats& worker) { return worker.state != WorkerState::dead; };
  info.workers_alive = static_cast<std::size_t>(std::ranges::count_if(workers, lives));
  const bool starts = std::ranges::all_of(
      workers, [](const WorkerStats& worker) { return worker.state == WorkerState::starting; });
  if (info.state == PoolState::ok && starts) info.state = PoolState::starting;
  const bool stopped = std::ranges::any_of(
      workers, [](const WorkerStats& worker) { return worker.state == WorkerState::stopped; });
  if (info.state == PoolState::ok &&
      (stopped || info.supervisor_stopped || info.workers_alive < workers.size())) {
    info.state = PoolState::degraded;
  }
  return info;
}

UnreadablePool::Reason reason_of(LoadError error) {
  switch (error) {
    case LoadError::not_permitted: return UnreadablePool::Reason::permission;
    case LoadError::other_version: return UnreadablePool::Reason::another_version;
    case LoadError::ambiguous: return UnreadablePool::Reason::ambiguous;
    case LoadError::no_memory: return UnreadablePool::Reason::no_memory;
    default: return UnreadablePool::Reason::corrupt;
  }
}

UnreadablePool unreadable(const FoundPool& found, LoadError error) {
  UnreadablePool pool{.name = found.name, .reason = reason_of(error), .processes = {}};
  for (const SegmentPlace& place : found.holders) {
    if (const auto process = read_process(place.holder))
      pool.processes.push_back(name_of(*process));
  }
  return pool;
}

ProcessName name_of(const ProcessInfo& process) {
  return {.pid = process.pid, .user = process.user, .command = process.command};
}

}  // namespace muster::detail
