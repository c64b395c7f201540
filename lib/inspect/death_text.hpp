#pragma once

#include <string>
#include <vector>

#include <muster/error.hpp>

#include "lib/client/in_flight.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

// What a death record says, in private memory.
struct DeathFacts {
  WorkerDeath death;
  std::string cause;  // "killed by SIGSEGV at address 0x10", "ended with exit code 3"
  std::uint64_t task_id = 0;
  bool ran_task = false;
  WorkerPhase phase = WorkerPhase::ready;  // in which it died
  std::uint32_t requeued = 0;              // tasks that it had claimed and not begun
  double ran_for_seconds = 0;
  std::uint32_t items_before = 0;  // of a chunk, that had ended in this time
  // Of the crash, in the worker. `death` has no backtrace: who knows where the code lies makes one.
  std::vector<std::uintptr_t> frames;
};

// "1.2 s", "0.3 ms", "17 us".
std::string seconds_text(double seconds);

// `task_name`: of the task it ran, "" if none.
DeathFacts read_death(const DeathRecord& record, const std::string& task_name,
                      double ran_for_seconds);

// What becomes of the tasks that a dead worker had claimed and not begun.
enum class Requeued { go_on, fail_with_the_pool };

// "worker 3 (pid 4711) was killed by SIGSEGV at address 0x10 while running "resize" (task 9182,
// attempt 1 of 3) for 1.2 s; 2 tasks it had claimed went back to the queue".
std::string describe_death(const DeathFacts& facts, unsigned attempt, unsigned attempts,
                           Requeued requeued = Requeued::go_on);

}  // namespace muster::detail
