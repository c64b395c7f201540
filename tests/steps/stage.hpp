#pragma once

// A live pool on which scenarios are played, seen from two sides: through the interface, and
// through its shared memory.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <muster/process_pool.hpp>

#include "lib/inspect/pool_loader.hpp"
#include "steps/play.hpp"
#include "steps/scenario.hpp"
#include "steps/sleeper.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/tracer.hpp"

namespace steps {

using test_support::Tracer;

class Stage {
 public:
  // Under OnWorkerDeath::replace, and however many die.
  Stage(const Scenario& scenario, unsigned workers);
  // Ends the pool, the busy worker's task first.
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Returns when the worker to be traced is asleep and has run at least one task.
  void prepare(Play& play);
  // Stops the worker that is to be traced: in its sleep, or at its birth.
  void stop(std::optional<Tracer>& tracer) const;
  // While it is stopped: submits the scenario's tasks, of which each is an actor of the play.
  // Throws std::runtime_error where the worker was not woken.
  void publish(Play& play);
  // Once the first task has ended: takes it in, and submits the next one into its slot.
  void take_and_reuse(Play& play);
  // False: the client's thread that sleeps on a task has not woken.
  bool sleeper_woke();
  // As a client's thread asks, and as if it had not asked.
  void set_question(const Actor& actor, bool asked) const;
  // Nobody has been told since.
  bool question_stands(const Actor& actor) const;

  const Scenario& scenario() const { return scenario_; }
  muster::ProcessPoolExecutor& pool() { return *pool_; }
  const muster::detail::PoolViews& views() const { return memory_->views(); }
  unsigned workers() const { return workers_; }
  std::uint32_t worker() const { return worker_; }
  pid_t pid_of(std::uint32_t worker) const;

  // Stopped right before its sleep.
  bool about_to_sleep(const Tracer& tracer) const;
  // The word of an actor's slot, as long as it is in it.
  muster::detail::SlotWord word_of(const Actor& actor) const;

 private:
  void make_other_busy();
  void settle() const;
  void find_new(Play& play) const;
  void start_sleeper(const Actor& actor);
  bool asleep(std::uint32_t worker) const;

  const Scenario& scenario_;
  unsigned workers_;
  std::uint32_t worker_ = 0;
  std::unique_ptr<muster::ProcessPoolExecutor> pool_;
  std::optional<muster::detail::LoadedPool> memory_;
  muster::detail::ControlView control_;  // may be written
  std::optional<test_support::SharedGate> gate_;
  std::optional<Sleeper> sleeper_;
};

}  // namespace steps
