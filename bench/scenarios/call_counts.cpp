#include "bench/scenarios/call_counts.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/interrupt.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/probes/temporary_folder.hpp"
#include "bench/statistics.hpp"
#include "bench/strace.hpp"

namespace bench {

namespace {

// Where calls that are seen come from.
const std::map<std::string_view, std::string_view> kReasons = {
    {"brk", "the C library's allocator grew"},
    {"fallocate", "shared memory grew"},
    {"futex", "who found nothing to do went to sleep, or was woken"},
    {"madvise", "memory for futures' states was made ready or given back"},
    {"membarrier",
     "a worker on its way to sleep, or a thread that took the pool's lock from the one "
     "that nearly always has it, asked for a fence on the other cores"},
    {"mprotect", "the C library's allocator grew"},
    {"mmap", "memory for the states of futures and for the backlog, 64 KiB at a time"},
    {"munmap", "such memory was given back when all that was in it had ended"},
    {"poll", "the client's pump thread waited for its doorbell"},
    {"ppoll", "the client's pump thread waited for its doorbell"},
    {"read", "the client's pump thread heard its doorbell"},
    {"sched_yield", "a thread gave way to one that held a lock"},
    {"write", "a worker rang the doorbell of the client's pump thread"},
};

struct CallsByRole {
  CallCounts client;
  CallCounts workers;
  CallCounts supervisor;
};

void add(CallCounts& to, const CallCounts& counts) {
  for (const auto& [name, count] : counts) to[name] += count;
}

std::string text_of(const CallCounts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += " + ";
    text += fmt::format("{} {}", count, name);
  }
  return text.empty() ? "none" : text;
}

// The sample of a run under `wrapper`. Throws MeasurementError.
Sample run_under(const std::vector<std::string>& wrapper, Driver& driver, const Scenario& scenario,
                 const Cell& cell) {
  ChildResult child = driver.run_once(scenario, cell, wrapper);
  if (!child.failure.empty()) throw MeasurementError("under strace: " + child.failure);
  return std::move(child.sample);
}

// What all processes together called, with as many tasks.
double calls_with(std::uint64_t tasks, Driver& driver, const Scenario& scenario, const Cell& cell) {
  const TemporaryFolder folder;
  const auto table = folder.path() / "counts";
  Cell sized = cell;
  sized.size = tasks;
  run_under(strace_counting(table), driver, scenario, sized);
  return static_cast<double>(total(read_counts(table)));
}

CallsByRole calls_by_role(Driver& driver, const Scenario& scenario, const Cell& cell) {
  const TemporaryFolder folder;
  const Sample sample = run_under(strace_logging(folder.path()), driver, scenario, cell);
  CallsByRole calls;
  for (const auto& [thread, counts] : read_logs(folder.path())) {
    if (thread == static_cast<pid_t>(sample.get(kSupervisorKey))) {
      add(calls.supervisor, counts);
    } else if (sample.get(fmt::format("{}{}", kWorkerKey, thread)) != 0) {
      add(calls.workers, counts);
    } else {
      add(calls.client, counts);
    }
  }
  return calls;
}

// Of one case, over all runs.
struct Counted {
  std::vector<double> with;     // calls with all tasks
  std::vector<double> without;  // with one
};

// The calls that the tasks made, for each task; no call where chance alone may have made the
// difference between the runs.
void add_all_calls(const Counted& counted, CaseResult& one, std::vector<std::string>& notes) {
  if (counted.with.empty() || counted.with.size() != counted.without.size()) return;
  const Spread with = spread_of(counted.with);
  const Spread without = spread_of(counted.without);
  const bool apart = with.lower > without.upper;
  if (!apart) {
    notes.push_back(
        fmt::format("{}: calls: all is not told apart from none: {} with {} tasks, {} with one",
                    one.cell.label(), format_spread(with, Unit::count), one.cell.size,
                    format_spread(without, Unit::count)));
  }
  for (const double calls : counted.with) {
    const double more = apart ? std::max(calls - without.median, 0.0) : 0;
    one.values["all_calls"].push_back(more / static_cast<double>(one.cell.size));
  }
}

// One run of each kind. Returns which calls there were.
CallsByRole count_once(Driver& driver, const Scenario& scenario, CaseResult& one,
                       Counted& counted) {
  const double with = calls_with(one.cell.size, driver, scenario, one.cell);
  const double without = calls_with(1, driver, scenario, one.cell);
  CallsByRole calls = calls_by_role(driver, scenario, one.cell);
  counted.with.push_back(with);
  counted.without.push_back(without);
  const auto tasks = static_cast<double>(one.cell.size);
  Sample sample;
  sample.set("client_calls", static_cast<double>(total(calls.client)) / tasks);
  sample.set("worker_calls", static_cast<double>(total(calls.workers)) / tasks);
  sample.set("supervisor_calls", static_cast<double>(total(calls.supervisor)) / tasks);
  one.add(sample);
  return calls;
}

}  // namespace

void count_calls(Driver& driver, const Scenario& scenario, std::size_t runs,
                 ScenarioResult& result) {
  if (const std::string why = why_no_strace(); !why.empty()) {
    result.notes.push_back("System calls were not counted: " + why);
    return;
  }
  CallCounts seen;
  std::vector<Counted> counted(result.cases.size());
  for (std::size_t run = 1; run <= runs; ++run) {
    for (std::size_t i = 0; i < result.cases.size(); ++i) {
      CaseResult& one = result.cases[i];
      if (!one.can_run()) continue;
      driver.show_run(result, i, run, runs, "strace, ");
      try {
        const Stopwatch watch;
        const CallsByRole calls = count_once(driver, scenario, one, counted[i]);
        driver.ran(result, i, kStraceRuns, watch.seconds());
        for (const auto* counts : {&calls.client, &calls.workers, &calls.supervisor}) {
          add(seen, *counts);
        }
        if (run > 1) continue;  // one run stands for all
        result.notes.push_back(fmt::format("{}, {} tasks: client {}; workers {}; supervisor {}",
                                           one.cell.label(), one.cell.size, text_of(calls.client),
                                           text_of(calls.workers), text_of(calls.supervisor)));
      } catch (const Interrupted&) {
        throw;
      } catch (const std::exception& error) {
        one.failure = error.what();
      }
    }
  }
  for (std::size_t i = 0; i < result.cases.size(); ++i) {
    add_all_calls(counted[i], result.cases[i], result.notes);
  }
  for (const auto& [call, count] : seen) {
    const auto reason = kReasons.find(call);
    if (reason == kReasons.end()) continue;
    result.notes.push_back(fmt::format("{}: {}", call, reason->second));
  }
}

}  // namespace bench
