#pragma once

#include <string_view>

#include "bench/driver.hpp"
#include "bench/scenario.hpp"

namespace bench {

// Keys under which a cell says who is who: the supervisor's process id, and with a worker's behind
// the key that id once more.
constexpr std::string_view kSupervisorKey = "supervisor_pid";
constexpr std::string_view kWorkerKey = "worker_pid_";

// Processes under strace for each of those runs.
constexpr std::size_t kStraceRuns = 3;

// Runs each case of `result` under strace, `runs` times in turns, and adds to it, per task,
//   all_calls      from two runs under strace -c -f, with its tasks and with one: the difference,
//                  and 0 where the two are not told apart
//   client_calls, worker_calls, supervisor_calls
//                  from a run under strace -ff, whose logs tell the threads apart: what they called
//                  between mark_begin() and mark_end()
// and notes which calls there were and what makes them. Without strace, a note that says so.
void count_calls(Driver& driver, const Scenario& scenario, std::size_t runs,
                 ScenarioResult& result);

}  // namespace bench
