#pragma once

#include <cstddef>
#include <string>

#include <muster/process_pool.hpp>

#include "prove/pool_deaths.hpp"
#include "prove/soak_round.hpp"

namespace prove {

// Sees to it that a pool of the soak tells of the deaths that there were and of no others, and that
// it breaks of them if that is its policy.
class Reconciliation {
 public:
  // `seat`: of the thread that calls.
  Reconciliation(muster::ProcessPoolExecutor& pool, const muster::ProcessPoolOptions& options,
                 const PoolMemory& memory, const KilledPids& killed, Verdict& verdict, Watch& watch,
                 std::size_t seat)
      : pool_(pool),
        breaks_(options.on_worker_death == muster::OnWorkerDeath::break_pool),
        verdict_(verdict),
        watch_(watch),
        seat_(seat),
        deaths_(memory.facts(), killed, options.max_tasks_per_child != 0) {}

  // Often enough that nothing is missed that the pool tells of.
  void look() { deaths_.look(); }
  // Waits until the pool has told of each worker that was hit, or has broken as it is to.
  void settle();
  bool broke() const { return broke_; }
  // After the last of that.
  void conclude(SoakTotals& totals);

 private:
  bool is_broken();
  std::string text_of_one_that_goes_on() const;
  std::string text_of_those_not_told_of() const;

  muster::ProcessPoolExecutor& pool_;
  const bool breaks_;
  Verdict& verdict_;
  Watch& watch_;
  const std::size_t seat_;
  PoolDeaths deaths_;
  bool broke_ = false;
};

}  // namespace prove
