#pragma once

// A process pool on the scheduler: workers and recovery are the shipped code (worker_queue.hpp,
// recovery.hpp and below); client, pump and supervisor keep to the order of steps of
// lib/client/core_*.cpp and lib/supervisor/supervisor.cpp, and to their locks, without what does
// not touch shared memory. A ledger beside the pool says what was begun and how it ended.

#include <cstdint>
#include <memory>
#include <string>

#include "tests/model/scheduler.hpp"

namespace muster::model {

struct PoolShape {
  std::string name;
  std::uint32_t workers = 1;
  std::uint32_t slots = 2;
  std::uint32_t cells = 2;  // of the ring, a power of two
  std::uint32_t tasks = 2;
  std::uint32_t clients = 1;  // threads that submit, each an equal part of the tasks
  unsigned retries = 0;
  bool cancels = false;             // the last task is asked to be cancelled
  bool kills = false;               // the first task is to be killed
  bool breaks = false;              // OnWorkerDeath::break_pool
  bool supervisor_crashes = false;  // it may die, too
  bool meet = false;                // no task ends before all of them have begun
  bool takes_many = false;          // workers take several hints at once
  std::size_t limit = 0;            // of tasks that a worker runs; 0: none
  bool writes_off = false;  // the first worker with a task is given up in it, and comes back
  bool refuses_heavy_fences = false;
  bool may_refuse_heavy_fences = false;  // each of them, or not
  bool time_passes =
      false;  // between any two steps perhaps so much that a wake is not pending any more
};

std::unique_ptr<Program> make_pool(const PoolShape& shape);

}  // namespace muster::model
