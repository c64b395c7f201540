#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "prove/killer.hpp"
#include "prove/large_totals.hpp"
#include "prove/pool_memory.hpp"
#include "prove/told.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"
#include "support/shared_object.hpp"

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
  // As pools tell of them (pool_deaths.hpp), until they are ended.
  Count deaths{0};
  Count deaths_asked_for{0};   // by CancelMode::kill or a time limit
  Count hit_when_ended{0};     // workers that were hit when they had ended in order
  Count late_kills{0};         // right before a pool's end, when nobody asks it any more
  Count pools_to_break{0};     // OnWorkerDeath::break_pool
  Count pools_that_had_to{0};  // of these: a worker died, and the program had not asked for it
  Count broken_pools{0};       // that said so
  Count callbacks{0};
  Count rescued_wakeups{0};
  LargeTotals large;
};

// The pool of the present round, for who has to describe it.
struct SoakStage {
  std::atomic<const PoolMemory*> memory{nullptr};
  std::atomic<std::uint64_t> round{0};
  // Shared memory, so that its pages are not copied, or noted down, for each worker that is forked.
  ToldTasks& told = test_support::map_shared<ToldTasks>();
};

struct SoakLimits {
  std::uint64_t kills = 0;    // in all
  std::int64_t until_ns = 0;  // 0: no limit
  bool reached(const SoakTotals& totals) const;
  bool late() const;
};

// One pool, from its start to its end: client threads give it tasks while its workers are killed.
// Then what was told of each task is held against the ledger, and what is left against what was
// there before.
void run_round(std::uint64_t seed, std::uint64_t number, const SoakLimits& limits,
               SoakTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
               const std::atomic<bool>& interrupted, void (*progress)(const SoakTotals&));

}  // namespace prove
