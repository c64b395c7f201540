// muster-kill-steps: a worker is killed after so many instructions of its way from one sleep to the
// next, in a live pool, and what the client is told is held against what really happened. Of most
// ways it is each number of instructions, of long ones every so many-th (Scenario::stride).

#include <cstdio>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lib/common/ticks.hpp"
#include "steps/instant.hpp"
#include "steps/program.hpp"
#include "steps/stage.hpp"
#include "steps/walk.hpp"
#include "support/belongings.hpp"

namespace steps {
namespace {

using muster::detail::SlotStatus;
using muster::detail::SlotWord;

struct Cell {
  const Scenario& scenario;
  unsigned workers;
  unsigned retries;
  bool other_goes_on;

  std::string text() const {
    return fmt::format("--scenario {} --workers {} --retries {}{}", scenario.name, workers, retries,
                       other_goes_on ? " --other-goes-on" : "");
  }
};

// Numbers of instructions after which a worker was killed.
using Steps = std::set<std::uint64_t>;

struct Tally {
  std::uint64_t kills = 0;
  Steps after;
  std::set<std::uintptr_t> instructions;  // before which it was killed
  std::uint64_t in_a_task = 0;
  std::uint64_t wrong = 0;
  std::uint64_t shortest = ~std::uint64_t{0};  // paths that were gone to their end
  std::uint64_t longest = 0;
  double slowest = 0;  // from a kill to all futures being ready, in seconds
  std::uint64_t slowest_at = 0;
};

double seconds_now() { return static_cast<double>(muster::detail::monotonic_ns()) * 1e-9; }

// With the worker stopped: what each task has to come to if it dies now.
std::vector<Fate> fates_of(const Stage& stage, const Cell& cell, const Play& play, pid_t worker,
                           std::int64_t submitted_ns) {
  std::vector<Fate> fates;
  for (const Actor& actor : play.actors()) {
    Fate& fate = fates.emplace_back();
    fate.id = actor.id;
    fate.name = actor.name;
    fate.worker = worker;
    fate.submitted_ns = submitted_ns;
    const SlotWord word = stage.word_of(actor);
    if (word.status() != SlotStatus::running || word.owner() != stage.worker()) continue;
    (cell.retries == 0 ? fate.dies : fate.runs_again) = true;
  }
  return fates;
}

int ten(int i) { return 10 * i; }

class Killer {
 public:
  Killer(const Cell& cell, Complaints& complaints) : cell_(cell), complaints_(complaints) {}

  // Kills after `at` instructions; true if the path was at its end before.
  bool kill_at(std::uint64_t at) {
    if (!stage_) stage_ = std::make_unique<Stage>(cell_.scenario, cell_.workers);
    const std::string repeat = fmt::format("{} --at {}", cell_.text(), at);
    watch(repeat);
    Play play(stage_->pool(), cell_.retries);
    stage_->prepare(play);
    std::vector<Fate> fates;
    std::string instant;
    bool reached = false;
    double killed = 0;
    {
      std::optional<Tracer> stopped;
      // Another worker stands still until it is known where the tasks are. Then it takes them, and
      // truly sleeps when it does not; or it leaves them to this one, and goes on once this one is
      // dead.
      std::optional<Tracer> other;
      if (cell_.workers > 1 && !cell_.scenario.other_is_busy) other.emplace(stage_->pid_of(1));
      stage_->stop(stopped);
      Tracer& tracer = *stopped;
      const pid_t worker = tracer.pid();
      const std::int64_t submitted = muster::detail::monotonic_ns();
      stage_->publish(play);
      if (cell_.other_goes_on) other.reset();
      const Walk done = walk(*stage_, play, tracer,
                             [&](std::uint64_t instructions) { return instructions < at; });
      reached = done.end == WalkEnd::told_to_stop || done.end == WalkEnd::limit;
      if (!reached) note_length(done.instructions);
      if (done.end == WalkEnd::worker_ended) {
        instant = "after its own end";
        fates = fates_of(*stage_, cell_, play, 0, submitted);
      } else {
        instant = fmt::format("after {} instructions, before {}", done.instructions,
                              describe_address(tracer.instruction()));
        fates = fates_of(*stage_, cell_, play, worker, submitted);
        killed = seconds_now();
        tally_.after.insert(done.instructions);
        tally_.instructions.insert(tracer.instruction());
        tracer.kill();
        ++tally_.kills;
      }
    }
    judge(play, fates, instant, repeat);
    if (killed != 0 && seconds_now() - killed > tally_.slowest) {
      tally_.slowest = seconds_now() - killed;
      tally_.slowest_at = at;
    }
    take_ten_more(instant, repeat);
    // A pool that is made anew now and then, because one of many deaths may differ from a young
    // one.
    constexpr std::uint64_t kDeathsOfAPool = 400;
    if (tally_.kills % kDeathsOfAPool == 0) stage_.reset();
    return !reached;
  }

  void end() { stage_.reset(); }
  const Tally& tally() const { return tally_; }

 private:
  void complain(const std::string& what, const std::string& instant, const std::string& repeat) {
    ++tally_.wrong;
    complaints_.add(fmt::format("{}, the worker killed {}: {}", cell_.scenario.name, instant, what),
                    repeat);
  }

  void note_length(std::uint64_t instructions) {
    tally_.shortest = std::min(tally_.shortest, instructions);
    tally_.longest = std::max(tally_.longest, instructions);
  }

  void judge(Play& play, const std::vector<Fate>& fates, const std::string& instant,
             const std::string& repeat) {
    if (!stage_->sleeper_woke()) {
      complain("a thread of the client that sleeps on its task is not woken", instant, repeat);
      std::fflush(stdout);
      std::_Exit(kBroken);  // it cannot be joined
    }
    for (std::size_t i = 0; i < fates.size(); ++i) {
      if (fates[i].dies || fates[i].runs_again) ++tally_.in_a_task;
      const std::string wrong = play.actors()[i].end(fates[i]);
      if (!wrong.empty()) {
        complain(fmt::format("task \"{}\": {}", fates[i].name, wrong), instant, repeat);
      }
    }
  }

  void take_ten_more(const std::string& instant, const std::string& repeat) {
    std::vector<muster::Future<int>> more;
    for (int i = 0; i < 10; ++i) more.push_back(stage_->pool().submit(ten, i));
    for (int i = 0; i < 10; ++i) {
      try {
        if (more[static_cast<std::size_t>(i)].result(kPatience) == 10 * i) continue;
        complain("a task after it has a wrong value", instant, repeat);
      } catch (const std::exception& error) {
        complain(fmt::format("a task after it failed: {}", error.what()), instant, repeat);
      }
    }
  }

  const Cell& cell_;
  Complaints& complaints_;
  std::unique_ptr<Stage> stage_;
  Tally tally_;
};

// What all cells have killed at. Cells of one way, with more retries or while the other worker
// goes, kill after the same numbers of instructions again.
struct Coverage {
  std::map<std::pair<std::string, unsigned>, Steps> by_way;  // scenario, workers
  std::set<std::uintptr_t> instructions;

  void add(const Cell& cell, const Tally& tally) {
    by_way[{cell.scenario.name, cell.workers}].insert(tally.after.begin(), tally.after.end());
    instructions.insert(tally.instructions.begin(), tally.instructions.end());
  }
  std::uint64_t boundaries() const {
    std::uint64_t sum = 0;
    for (const auto& [way, after] : by_way) sum += after.size();
    return sum;
  }
};

nlohmann::ordered_json run(const Cell& cell, const Options& options, Coverage& coverage,
                           Complaints& complaints) {
  Killer killer(cell, complaints);
  const std::uint64_t every = options.every != 0 ? options.every : cell.scenario.stride;
  const double began = seconds_now();
  if (options.at) {
    killer.kill_at(*options.at);
  } else {
    // A path is not always as long: it is over when three in a row were.
    unsigned over = 0;
    for (std::uint64_t at = std::random_device()() % every; over < 3; at += every) {
      const bool at_end = killer.kill_at(at);
      over = at_end ? over + 1 : 0;
      if (cell.scenario.limit != 0 && at >= cell.scenario.limit) break;
    }
  }
  killer.end();
  const Tally& tally = killer.tally();
  coverage.add(cell, tally);
  const double seconds = seconds_now() - began;
  // A single kill does not go to the end of the path either.
  const bool cut = cell.scenario.limit != 0 && tally.longest == 0;
  std::string length = fmt::format("{}..{}", tally.shortest, tally.longest);
  if (tally.longest == 0) length = cut ? fmt::format("cut at {}", cell.scenario.limit) : "?";
  const char* const others = cell.workers == 1    ? "1 worker"
                             : cell.other_goes_on ? "2 workers, both go"
                                                  : "2 workers, one goes";
  fmt::print(
      "{:<10} {:<19} {} retries  path {:>13}  {:>6} kills after {:>6} different numbers of "
      "instructions, {:>3} apart, {:>6} in a task, {} wrong, slowest end {:.1f} ms (at {}), {:.0f} "
      "s\n",
      cell.scenario.name, others, cell.retries, length, tally.kills, tally.after.size(), every,
      tally.in_a_task, tally.wrong, tally.slowest * 1e3, tally.slowest_at, seconds);
  std::fflush(stdout);
  return {{"scenario", cell.scenario.name},
          {"path", cell.scenario.path},
          {"workers", cell.workers},
          {"retries", cell.retries},
          {"other_goes_on", cell.other_goes_on},
          {"shortest_path", tally.longest == 0 ? 0 : tally.shortest},
          {"longest_path", tally.longest},
          {"to_its_end", !cut},
          {"limit", cell.scenario.limit},
          {"kills", tally.kills},
          {"different", tally.after.size()},
          {"every", every},
          {"in_a_task", tally.in_a_task},
          {"wrong", tally.wrong},
          {"slowest_end_s", tally.slowest},
          {"seconds", seconds}};
}

// Quick: one scenario, with each number of retries.
bool wanted(const Options& options, const Cell& cell) {
  if (!cell.scenario.killable) return false;
  if (options.retries && *options.retries != cell.retries) return false;
  if (cell.other_goes_on) {
    // It would take the tasks while this one is born.
    if (cell.workers < 2 || cell.scenario.other_is_busy || cell.scenario.birth) return false;
  } else if (options.other_goes_on) {
    return false;
  }
  if (options.full || !options.scenario.empty()) return true;
  return cell.scenario.name == "asleep" && cell.workers == 1;
}

int run_all(const Options& options) {
  if (!Tracer::permitted()) {
    fmt::print(stderr, "ptrace is not permitted here: nobody was killed\n");
    return kNotHere;
  }
  stay_on_one_cpu();
  Complaints complaints("muster-kill-steps");
  const auto before = test_support::Belongings::now();
  auto document = begin_document("muster-kill-steps", options);
  Coverage coverage;
  for (const Scenario* scenario : chosen_scenarios(options)) {
    for (const unsigned workers : chosen_workers(options, *scenario)) {
      for (const unsigned retries : {0U, 1U}) {
        for (const bool other_goes_on : {false, true}) {
          const Cell cell{*scenario, workers, retries, other_goes_on};
          if (!wanted(options, cell)) continue;
          document["cells"].push_back(run(cell, options, coverage, complaints));
          const std::string left = test_support::Belongings::now().more_than(before);
          if (!left.empty())
            complaints.add("when the pools have ended there is left: " + left, cell.text());
        }
      }
    }
  }
  document["ways"] = coverage.by_way.size();
  document["boundaries"] = coverage.boundaries();
  document["at_instructions"] = coverage.instructions.size();
  return finish(options, std::move(document), complaints);
}

}  // namespace
}  // namespace steps

int main(int argc, char** argv) {
  return steps::run_program(
      argc, argv, "muster-kill-steps",
      "Kills a worker after so many instructions, and looks at what the client is told.",
      steps::Takes::kills, &steps::run_all);
}
