// muster-snapshots: what if the worker dies here, asked before and after every instruction of its
// way from one sleep to the next.
//
// The worker of a live pool is single-stepped. After each instruction the pool's control segment is
// copied, the supervisor's own steps of recovery run in the copy, and what is left is checked
// (checker.hpp).

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "steps/boundaries.hpp"
#include "steps/checker.hpp"
#include "steps/instant.hpp"
#include "steps/program.hpp"
#include "steps/stage.hpp"
#include "steps/walk.hpp"

namespace steps {
namespace {

// What the client has of it when the worker has gone its way unharmed.
void check_ends(const Scenario& scenario, Stage& stage, Play& play, Complaints& complaints,
                const std::string& repeat) {
  if (!stage.sleeper_woke()) {
    complaints.add("a thread of the client sleeps on after its task has ended", repeat);
    std::_Exit(kBroken);
  }
  bool was_killed = scenario.kill_asked;
  for (const Actor& actor : play.actors()) {
    if (std::exchange(was_killed, false)) continue;
    Fate fate;
    fate.id = actor.id;
    fate.name = actor.name;
    const std::string wrong = actor.end(fate);
    if (!wrong.empty()) complaints.add(fmt::format("\"{}\": {}", actor.name, wrong), repeat);
  }
}

nlohmann::ordered_json run(const Scenario& scenario, unsigned workers, std::uint64_t every,
                           std::unordered_set<std::uintptr_t>& instructions,
                           Complaints& complaints) {
  const std::string repeat = fmt::format("--scenario {} --workers {}", scenario.name, workers);
  watch(repeat);
  std::optional<Stage> stage(std::in_place, scenario, workers);
  std::optional<Play> play(std::in_place, stage->pool(), 0U);
  stage->prepare(*play);
  Walk done;
  std::uint64_t snapshots = 0;
  Boundaries boundaries;
  std::string found_most;
  std::uint64_t wrong_ones = 0;
  std::uint64_t deaths = 0;
  {
    std::optional<Tracer> tracer;
    // Another worker would change the memory meanwhile.
    std::optional<Tracer> other;
    if (workers > 1 && !scenario.other_is_busy) other.emplace(stage->pid_of(1));
    stage->stop(tracer);
    stage->publish(*play);
    Checker checker(*stage, *play, every == 1);
    done = walk(*stage, *play, *tracer, [&](std::uint64_t at) {
      if (at % 1000 == 0) watch(fmt::format("{}, {}", repeat, at));
      const std::uintptr_t address = tracer->instruction();
      if (boundaries.in_clock_loop(address) || at % every != 0) return true;
      ++snapshots;
      const std::string wrong = checker.check();
      boundaries.add(address, checker.memory_hash());
      if (wrong.empty()) return true;
      ++wrong_ones;
      complaints.add(fmt::format("{}: dead after {} instructions, before {}: {}", scenario.name, at,
                                 describe_address(address), wrong),
                     repeat);
      return true;
    });
    deaths = checker.deaths();
    found_most = describe_address(boundaries.most_at());
    if (scenario.kill_asked) tracer->kill();
  }
  if ((done.end == WalkEnd::worker_ended) != scenario.worker_ends) {
    complaints.add(fmt::format("{}: the worker ended, or did not", scenario.name), repeat);
  }
  if (scenario.asked_late && (!done.asked || stage->question_stands(play->actors().front()))) {
    complaints.add(fmt::format("{}: {}", scenario.name,
                               done.asked ? "who asked right before the task ended is not told"
                                          : "nobody asked right before the task ended"),
                   repeat);
  }
  check_ends(scenario, *stage, *play, complaints, repeat);
  boundaries.add_instructions_to(instructions);
  fmt::print(
      "{:<10} {} worker{}  {:>6} instructions{}, {:>6} snapshots at {:>6} different boundaries,"
      " {:>6} of them end a task, {} wrong   {}\n",
      scenario.name, workers, workers == 1 ? " " : "s", done.instructions,
      done.end == WalkEnd::limit ? " and no further" : "", snapshots, boundaries.different(),
      deaths, wrong_ones, scenario.path);
  constexpr std::uint64_t kLoop = 10;
  if (snapshots > kLoop * boundaries.different()) {
    fmt::print("           most of it in a loop: {} times before {}\n", boundaries.most(),
               found_most);
  }
  std::fflush(stdout);
  return {{"scenario", scenario.name},
          {"path", scenario.path},
          {"workers", workers},
          {"instructions", done.instructions},
          {"snapshots", snapshots},
          {"boundaries", boundaries.different()},
          {"at_instructions", boundaries.instructions()},
          {"memories", boundaries.memories()},
          {"most_at_one", boundaries.most()},
          {"most_at", found_most},
          {"ending_a_task", deaths},
          {"wrong", wrong_ones},
          {"to_its_end", done.end != WalkEnd::limit}};
}

int run_all(const Options& options) {
  if (!Tracer::permitted()) {
    fmt::print(stderr, "ptrace is not permitted here: nothing was looked at\n");
    return kNotHere;
  }
  stay_on_one_cpu();
  Complaints complaints("muster-snapshots");
  auto document = begin_document("muster-snapshots", options);
  // Workers are forked of one process, so code lies where it lay.
  std::unordered_set<std::uintptr_t> instructions;
  for (const Scenario* scenario : chosen_scenarios(options)) {
    for (const unsigned workers : chosen_workers(options, *scenario)) {
      document["scenarios"].push_back(run(
          *scenario, workers, std::max<std::uint64_t>(options.every, 1), instructions, complaints));
    }
  }
  document["at_instructions"] = instructions.size();
  return finish(options, std::move(document), complaints);
}

}  // namespace
}  // namespace steps

int main(int argc, char** argv) {
  return steps::run_program(
      argc, argv, "muster-snapshots",
      "Asks at every instruction of a worker what would be left if it died there.",
      steps::Takes::scenarios, &steps::run_all);
}
