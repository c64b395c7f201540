#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>

#include "lib/common/ticks.hpp"
#include "prove/kill_counts.hpp"
#include "prove/pool_memory.hpp"
#include "prove/random.hpp"
#include "prove/worker_state.hpp"

namespace prove {

// The pids that were killed in this round, and by which signals: what an error may name. Written
// before the signal is sent, by the one thread that kills; read by those that got errors.
class KilledPids {
 public:
  void add(pid_t pid, int signal) {
    const std::lock_guard lock(mutex_);
    const auto kill = pids_.try_emplace(pid, Kill{muster::detail::monotonic_ns(), {}}).first;
    kill->second.signals.insert(signal);
  }
  // By then (CLOCK_MONOTONIC).
  bool has(pid_t pid, std::int64_t by_ns = kEver) const {
    const std::lock_guard lock(mutex_);
    const auto found = pids_.find(pid);
    return found != pids_.end() && found->second.first_ns <= by_ns;
  }
  bool was_sent(pid_t pid, int signal) const {
    const std::lock_guard lock(mutex_);
    const auto found = pids_.find(pid);
    return found != pids_.end() && found->second.signals.contains(signal);
  }
  std::set<pid_t> all() const {
    const std::lock_guard lock(mutex_);
    std::set<pid_t> pids;
    for (const auto& [pid, kill] : pids_) pids.insert(pid);
    return pids;
  }

 private:
  struct Kill {
    std::int64_t first_ns;
    std::set<int> signals;
  };
  mutable std::mutex mutex_;
  std::map<pid_t, Kill> pids_;
};

// Stops and kills the workers of one pool.
class Killer {
 public:
  Killer(const PoolMemory& memory, WorkerStates& states, KilledPids& killed, KillCounts& counts,
         Random& random)
      : memory_(memory), states_(states), killed_(killed), counts_(counts), random_(random) {}

  // Kills one worker in this way or that. False: none was there to kill.
  bool kill_one();
  // Without stopping it first. False: it was gone.
  bool kill_async(std::uint32_t worker);

 private:
  class Victim;
  enum class Stopped { killed, spared, gone };

  Stopped stop_and_kill(std::size_t most, bool only_rare);
  Stopped look_and_kill(Victim victim, bool only_rare, bool may_walk);
  void shake();
  bool kill_rarest();
  std::optional<Doing> rare_one(std::span<const Doing> doings) const;
  bool is_rare(Doing doing) const;
  std::uint32_t any_worker() { return random_.below(memory_.geometry().workers); }

  const PoolMemory& memory_;
  WorkerStates& states_;
  KilledPids& killed_;
  KillCounts& counts_;
  Random& random_;
};

}  // namespace prove
