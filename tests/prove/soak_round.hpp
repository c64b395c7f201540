#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "prove/killer.hpp"
#include "prove/pool_memory.hpp"
#include "prove/told.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"

namespace prove {

// What is counted over all rounds, by the one thread that plays them; the watch reads where that
// one hangs.
struct SoakTotals {
  using Count = std::atomic<std::uint64_t>;

  KillCounts kills;
  Count tasks{0};
  Count begun{0};  // bodies; with retries more than once a task
  std::array<Count, kTolds> told{};
  Count rounds{0};
  Count broken_pools{0};
  Count callbacks{0};
  Count rescued_wakeups{0};
};

// The pool of the present round, for who has to describe it.
struct SoakStage {
  std::atomic<const PoolMemory*> memory{nullptr};
  std::atomic<std::uint64_t> round{0};
  ToldTasks told = ToldTasks(Ledger::kTickets);
};

struct SoakLimits {
  std::uint64_t kills = 0;    // in all
  std::int64_t until_ns = 0;  // 0: no limit
  bool reached(const SoakTotals& totals) const;
};

// One pool, from its start to its end: client threads give it tasks while its workers are killed.
// Then what was told of each task is held against the ledger, and what is left against what was
// there before.
void run_round(std::uint64_t seed, std::uint64_t number, const SoakLimits& limits,
               SoakTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
               const std::atomic<bool>& interrupted, void (*progress)(const SoakTotals&));

}  // namespace prove
