// muster-explore: runs the pool's code through all interleavings within bounds.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/model/cases.hpp"
#include "tests/support/json_file.hpp"

namespace {

using muster::model::Bounds;
using muster::model::Case;
using muster::model::Level;
using muster::model::Outcome;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string describe(const Case& one, const Bounds& bounds) {
  return fmt::format("{} actors, {} preemptions, {} crashes, {} delays", one.actors,
                     bounds.preemptions, bounds.crashes, bounds.delays);
}

// What the Promela model is built with to be the same world (spin/run.sh).
std::string definitions(const muster::model::PoolShape& shape) {
  std::string text = fmt::format("WORKERS={} SLOTS={} CELLS={} TASKS={} THREADS={} RESERVED={}",
                                 shape.workers, shape.slots, shape.cells, shape.tasks,
                                 shape.clients + 1, shape.takes_many ? shape.tasks : 1);
  if (shape.retries != 0) text += fmt::format(" RETRIED={}", (1u << shape.tasks) - 1);
  if (shape.cancels) text += " CANCELS=1";
  if (shape.kills) text += " KILLS=1";
  if (shape.breaks) text += " BREAKS";
  if (shape.limit != 0) text += fmt::format(" LIMIT={}", shape.limit);
  if (shape.refuses_heavy_fences) text += " NO_MEMBARRIER";
  if (shape.may_refuse_heavy_fences) text += " REFUSED_LATER";
  return text;
}

void write_run(std::ostream& out, const Case& one, const Outcome& run) {
  out << "run " << one.name << " " << run.seed << "\n";
  out << "world " << definitions(*one.pool) << "\n";
  for (const std::string& event : run.events) out << event << "\n";
  out << "end\n";
}

void show_failure(const Case& one, const Bounds& bounds, const Outcome& outcome) {
  for (const std::string& line : outcome.trace) fmt::print("  {}\n", line);
  // Which choices there are depends on the bounds.
  fmt::print(
      "{}: {}\n  to repeat it: muster-explore --case {} --preemptions {} --crashes {} --delays {} "
      "--seed {}\n",
      one.name, outcome.failure, one.name, bounds.preemptions, bounds.crashes, bounds.delays,
      outcome.seed);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs the pool's own code, step by step, through all interleavings, crashes and delays of "
      "stores that stay within bounds."};
  std::vector<std::string> names;
  std::string seed;
  std::string json_file;
  std::string record_file;
  std::uint64_t executions = UINT64_MAX;
  std::uint64_t states = 400'000'000;
  std::uint64_t random_runs = 0;
  std::uint64_t random_seed = 1;
  std::uint64_t sample_every = 0;
  Level level = Level::quick;
  bool list = false;
  unsigned preemptions = 0;
  unsigned crashes = 0;
  unsigned delays = 0;
  const std::map<std::string, Level> levels{
      {"test", Level::test}, {"quick", Level::quick}, {"full", Level::full}};
  app.add_option("--case", names, "only these cases");
  app.add_option("--level", level, "how far: test, quick (the default) or full")
      ->transform(CLI::CheckedTransformer(levels));
  auto* preemptions_option = app.add_option("--preemptions", preemptions, "instead of the level's");
  auto* crashes_option = app.add_option("--crashes", crashes, "instead of the level's");
  auto* delays_option = app.add_option("--delays", delays, "instead of the level's");
  app.add_option("--executions", executions, "gives a case up after so many");
  app.add_option(
      "--states", states,
      "likewise after so many different states, 400 million by default: 13 GB of memory");
  app.add_option("--seed", seed, "one run of the one case, with its trace");
  app.add_option("--json", json_file, "the figures, as JSON");
  app.add_option("--record", record_file,
                 "writes down what runs of pools do to the memory, for spin/run.sh --replay");
  app.add_option("--random", random_runs, "so many runs of each case, with choices at random")
      ->needs("--record");
  app.add_option("--random-seed", random_seed, "their first seed, 1 by default");
  app.add_option("--every", sample_every, "of all runs within the bounds, every so manieth")
      ->needs("--record");
  app.add_flag("--list", list, "the cases and their bounds");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  std::vector<Case> chosen;
  const bool all = names.empty();
  for (const Case& one : muster::model::cases()) {
    if (std::erase(names, one.name) != 0 || all) chosen.push_back(one);
  }
  if (!names.empty()) {
    std::cerr << "There is no case \"" << names.front() << "\"; --list shows those there are.\n";
    return 2;
  }
  if (!seed.empty() && chosen.size() != 1) {
    std::cerr << "A seed belongs to one case; name it with --case.\n";
    return 2;
  }

  std::ofstream record;
  if (!record_file.empty()) {
    if (!seed.empty() || random_runs + sample_every == 0) {
      std::cerr << "--record wants to know which runs: --random, --every or both.\n";
      return 2;
    }
    record.open(record_file);
  }
  if (record.is_open()) {
    std::erase_if(chosen, [](const Case& one) { return !one.pool; });
    if (chosen.empty()) {
      std::cerr << "Only runs of pools are recorded: there is no Promela model of a lock.\n";
      return 2;
    }
  }
  nlohmann::json results = nlohmann::json::array();
  bool failed = false;
  muster::model::Scheduler scheduler;
  std::vector<std::pair<const Case*, Bounds>> searches;
  for (const Case& one : chosen) {
    // A process that is dead and goes on is none that the Promela model has.
    if (record.is_open() && one.pool && one.pool->writes_off) continue;
    std::vector<Bounds> all_bounds = one.bounds(level);
    const bool is_told =
        preemptions_option->count() + crashes_option->count() + delays_option->count() != 0;
    // Runs are written down within the level's own, which are the last.
    if (is_told || record.is_open()) all_bounds.erase(all_bounds.begin(), all_bounds.end() - 1);
    for (Bounds& bounds : all_bounds) {
      if (preemptions_option->count() != 0) bounds.preemptions = preemptions;
      if (crashes_option->count() != 0) bounds.crashes = crashes;
      if (delays_option->count() != 0) bounds.delays = delays;
      bounds.executions = executions;
      bounds.states = states;
      searches.emplace_back(&one, bounds);
    }
  }
  for (const auto& [searched, bounds] : searches) {
    const Case& one = *searched;
    if (list) {
      fmt::print("{:<12} {} ({})\n", one.name, one.what, describe(one, bounds));
      continue;
    }
    if (!seed.empty()) {
      Outcome outcome;
      try {
        outcome = scheduler.replay(one.make, bounds, seed);
      } catch (const std::invalid_argument&) {
        std::cerr << "A seed is a list of numbers with commas between them.\n";
        return 2;
      }
      for (const std::string& line : outcome.trace) fmt::print("{}\n", line);
      fmt::print("{}\n", outcome.failure.empty() ? "ended as it should" : outcome.failure);
      return outcome.failure.empty() ? 0 : 1;
    }
    for (std::uint64_t i = 0; i < random_runs; ++i) {
      const Outcome run = scheduler.sample(one.make, bounds, random_seed + i);
      write_run(record, one, run);
      if (run.failure.empty()) continue;
      failed = true;
      show_failure(one, bounds, scheduler.replay(one.make, bounds, run.seed));
    }
    if (record.is_open() && sample_every == 0) continue;
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = scheduler.explore(one.make, bounds, sample_every);
    for (const std::string& sample : outcome.samples) {
      write_run(record, one, scheduler.replay(one.make, bounds, sample));
    }
    const double seconds = seconds_since(start);
    const char* const end = !outcome.failure.empty() ? "FAILED"
                            : outcome.complete       ? "all within these bounds"
                                                     : "NOT all within these bounds: given up";
    fmt::print(
        "{:<12} {}: {} executions, {} to their end, {} states, {} crashes, at most {} steps, "
        "{:.1f} s: {}\n",
        one.name, describe(one, bounds), outcome.executions, outcome.whole, outcome.states,
        outcome.crashes, outcome.longest, seconds, end);
    std::fflush(stdout);
    if (!outcome.failure.empty()) {
      failed = true;
      show_failure(one, bounds, outcome);
    }
    results.push_back({{"case", one.name},
                       {"what", one.what},
                       {"actors", one.actors},
                       {"preemptions", bounds.preemptions},
                       {"crashes", bounds.crashes},
                       {"delays", bounds.delays},
                       {"executions", outcome.executions},
                       {"whole", outcome.whole},
                       {"states", outcome.states},
                       {"crashed", outcome.crashes},
                       {"longest", outcome.longest},
                       {"seconds", seconds},
                       {"complete", outcome.complete},
                       {"failure", outcome.failure},
                       {"seed", outcome.seed}});
  }
  if (record.is_open() && !record.flush()) {
    std::cerr << "Cannot write " << record_file << ".\n";
    return 2;
  }
  const nlohmann::json document{{"schema", 1}, {"results", results}};
  if (!json_file.empty() && !test_support::write_json(json_file, document)) return 2;
  return failed ? 1 : 0;
}
