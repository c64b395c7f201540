#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "prove/killer.hpp"
#include "prove/large_tasks.hpp"
#include "prove/large_totals.hpp"
#include "prove/ledger.hpp"
#include "prove/pause.hpp"
#include "prove/pidfd.hpp"
#include "prove/pool_memory.hpp"
#include "prove/random.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"

namespace prove {

// What the threads of one round with large data share.
struct LargeRound {
  muster::ProcessPoolExecutor& pool;
  const PoolMemory& memory;
  const std::uint64_t bytes;  // of the largest results
  LargeTotals& totals;
  Verdict& verdict;
  Watch& watch;
  KilledPids& killed;
  const std::atomic<bool>& interrupted;

  bool goes_on() const { return verdict.good() && !interrupted.load(); }
};

// One thread that gives tasks with large data to the pool and kills the workers that run them. Its
// tasks may also die with a worker that another one has killed for a task that had just ended.
class LargePlayer {
 public:
  LargePlayer(LargeRound& round, std::size_t seat, Random random)
      : round_(round), seat_(seat), random_(random) {}

 protected:
  LargeTask take(std::uint64_t words);
  LedgerEntry& entry(const LargeTask& task) const { return ledger().entries[task.ticket.index]; }
  LargeNote& note(const LargeTask& task) const { return large_notes()[task.ticket.index]; }

  // Looks often: what is waited for is to be killed in its midst.
  template <class Condition>
  void wait_until(const LargeTask& task, Condition&& condition) {
    const Watch::Waiting waiting(round_.watch, seat_, task.ticket.index);
    while (!condition()) sleep_for(20);
  }
  template <class F, class... Args>
  auto submit(unsigned retries, F function, const LargeTask& task, const Args&... args) {
    const Watch::Waiting waiting(round_.watch, seat_, Watch::kSubmit);
    return round_.pool.submit(muster::TaskOptions{.retries = retries}, function, task, args...);
  }

  // The worker that began this attempt, the first is 0; nobody where it is gone.
  Pidfd worker_of(const LargeTask& task, std::size_t attempt) const;
  // Until it has ended. False: it had by then.
  bool kill(const Pidfd& worker);
  bool kill(const Pidfd& worker, LargeMoment moment) {
    if (!kill(worker)) return false;
    count(moment);
    return true;
  }
  void count(LargeMoment moment) { ++round_.totals.kills[static_cast<std::size_t>(moment)]; }

  // What the task came to; none: it died, as it may.
  template <class T>
  std::optional<T> outcome(const muster::Future<T>& future, const LargeTask& task,
                           unsigned retries) {
    try {
      const Watch::Waiting waiting(round_.watch, seat_, task.ticket.index);
      return future.result();
    } catch (...) {
      note_failure(task, retries);
      return std::nullopt;
    }
  }
  bool ran(const muster::Future<void>& future, const LargeTask& task, unsigned retries);
  // Of the exception that is being handled.
  void note_failure(const LargeTask& task, unsigned retries);
  // How often it ran, when it has ended.
  void look_at_attempts(const LargeTask& task, unsigned retries);
  // True: so many words, and those of that ticket.
  bool are_right(std::uint32_t ticket, std::uint64_t words, std::span<const std::uint64_t> found,
                 const std::string& what, std::uint64_t round = 0);
  void wrong(Fault fault, std::uint32_t ticket, const std::string& what) {
    round_.verdict.broken(fault, fmt::format("large data: task {}: {}", ticket, what));
  }

  LargeRound& round_;
  const std::size_t seat_;
  Random random_;
};

}  // namespace prove
