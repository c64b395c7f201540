#pragma once

// A stopped worker made to go on until it is where it is wanted.
//
// To stop workers at random instants until one is found between two instructions that lie close
// together takes hundreds of stops. It is quicker to let a worker run until it writes what it
// writes right before (the processor watches that, by ptrace), and then to let it go some
// instructions further, one at a time. To the pool a worker that is walked is one that is stopped:
// its supervisor, whose child it stays, hears of its end as of any other.

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "prove/worker_state.hpp"

namespace prove {

class Walk {
 public:
  // Whether that can be done here: on a processor that the tracer knows, where ptrace is permitted.
  static bool possible();

  // REQUIRES: possible(), and the process is stopped by SIGSTOP and is this worker's. All by one
  // thread.
  Walk(WorkerStates& states, std::uint32_t worker, pid_t pid);
  // Leaves the worker as it was found, stopped by SIGSTOP, where it is by then.
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  // Until it does what is wanted, and then as many instructions further as it may go and still do
  // that. What it does by then: something else where it did not come there soon, or a signal came
  // for it.
  Doing go(Doing wanted, unsigned further);
  // It has ended meanwhile: somebody else killed it, or its task did.
  bool ended() const;
  // SIGKILL; returns when its supervisor can reap it.
  void kill();

 private:
  class Steps;  // of this processor

  bool come_to(Doing wanted);

  WorkerStates& states_;
  const std::uint32_t worker_;
  const pid_t pid_;
  std::unique_ptr<Steps> steps_;
};

}  // namespace prove
