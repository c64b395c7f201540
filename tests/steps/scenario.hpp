#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <muster/options.hpp>

#include "steps/play.hpp"

namespace steps {

// What a worker has before it when it wakes, and who wants to hear of it.
struct Scenario {
  std::string name;
  std::string path;  // what the worker goes through, for people
  // Part of --quick.
  bool quick = true;
  // The death at every instruction leaves a pool that can be judged by its futures.
  bool killable = true;
  // A thread of the client sleeps on the word of the first task.
  bool sleeper = false;
  // Another worker is in a long task. Needs two.
  bool other_is_busy = false;
  // The path begins with the worker's birth, after its predecessor was killed in its sleep.
  bool birth = false;
  // The path ends with the worker's own end.
  bool worker_ends = false;
  // Hints are in neither ring nor reservations: the sweep finds the tasks.
  bool by_sweep = false;
  // As soon as the first task has ended, its result is taken, what this submits gets its slot, and
  // a thread of the client sleeps on that.
  std::function<void(Play&)> next_in_slot = {};
  // Somebody asks to be told of the first task's end right before the instruction that ends it.
  bool asked_late = false;
  // As soon as the first task runs, its worker is asked to be killed for it; the signal is held
  // back.
  bool kill_asked = false;
  // So many tiny tasks before, after which the worker takes several at once.
  unsigned tiny_before = 0;
  // Bytes that each of the pool's segments may have; 0: no limit.
  std::uint64_t segment_limit = 0;
  // So far the path is gone; 0: to its end.
  std::uint64_t limit = 0;
  // Kills are so many instructions apart, where the path is long: a step takes about 6 us. The
  // first is at random, so that each run looks at other instructions.
  std::uint64_t stride = 1;
  muster::ProcessPoolOptions options = {};
  // While the worker runs freely.
  std::function<void(Play&)> before = {};
  // While it is stopped.
  std::function<void(Play&)> submit = {};
};

const std::vector<Scenario>& all_scenarios();

// Tasks that do nothing: a worker that has run some takes several hints at once.
void run_tiny_tasks(muster::ProcessPoolExecutor& pool, unsigned count);

}  // namespace steps
