// muster-soak: kills workers at random instants, under load, and looks whether all that was
// promised holds: no task lost, none run too often, nobody waits for ever, nothing stays behind.

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/conclusion.hpp"
#include "prove/describe_pool.hpp"
#include "prove/large_report.hpp"
#include "prove/large_round.hpp"
#include "prove/options.hpp"
#include "prove/peers.hpp"
#include "prove/soak_report.hpp"
#include "prove/soak_round.hpp"
#include "prove/walk.hpp"

namespace {

using namespace prove;

const Counted kCounted{.name = "kills",
                       .what = "workers killed",
                       .quick = 10'000,
                       .full = 1'000'000,
                       .has_peers = true,
                       .has_large = true};

std::atomic<bool> interrupted{false};
bench::ProgressLine* progress_line = nullptr;
std::uint64_t wanted_kills = 0;

void show_progress(const SoakTotals& totals) {
  static std::int64_t next_ns = 0;
  const std::int64_t now = muster::detail::monotonic_ns();
  if (now < next_ns) return;
  next_ns = now + 200'000'000;
  progress_line->show(fmt::format("{} of {} workers killed, {} tasks, {} pools; {} with large data",
                                  totals.kills.all(ledger().all_own_ends()), wanted_kills,
                                  totals.tasks.load(), totals.rounds.load(),
                                  totals.large.all_kills()));
}

// Rounds with large data stand among the others, by their share of what is to be done: the first
// one beside the first of the others, so that --round repeats either.
bool large_is_due(const Options& options, const SoakTotals& totals) {
  const std::uint64_t done = totals.large.all_kills();
  const std::uint64_t kills = totals.kills.all(ledger().all_own_ends());
  return done < options.large_kills &&
         done * options.count <= std::min(kills, options.count) * options.large_kills;
}

// The watch's thread.
void hung(const Options& options, const SoakStage& stage, const SoakTotals& totals,
          Verdict& verdict, double seconds, std::size_t seat, std::uint64_t what) {
  const std::uint64_t round = stage.round.load();
  const std::string sentence =
      fmt::format("hung: thread {} of round {} has waited for more than {} s {}. Repeat with: {}",
                  seat, round, Watch::kLimitNs / 1'000'000'000, Watch::describe(what),
                  command_to_repeat(options, kCounted, round));
  std::string state = "(there is no pool at the moment)\n";
  if (const PoolMemory* const memory = stage.memory.load()) state = describe_pool(*memory, what);
  end_hung(options, sentence, state, [&] {
    verdict.count_only(Fault::hung);
    return soak_json(totals, verdict, options, seconds);
  });
}

int run(const Options& options) {
  if (options.peer) return run_peers(options);
  // That the client has threads of its own when it makes a pool is as it should be here: the watch
  // holds no lock. All else is worth reading.
  muster::set_log_handler([](muster::LogLevel level, std::string_view text) {
    if (level == muster::LogLevel::error) fmt::print(stderr, "muster: {}\n", text);
  });
  std::signal(SIGINT, [](int) { interrupted.store(true); });
  std::signal(SIGTERM, [](int) { interrupted.store(true); });
  // Asked here, where there is no other thread: it takes a fork to find out.
  if (!Walk::possible()) {
    fmt::print(
        "ptrace is not permitted, or this is no x86-64: workers are stopped at random until "
        "enough were found at each kind of instant, which takes longer\n");
  }
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);

  bench::ProgressLine line;
  progress_line = &line;
  wanted_kills = options.count;
  const std::int64_t start = muster::detail::monotonic_ns();
  const auto seconds = [&] {
    return static_cast<double>(muster::detail::monotonic_ns() - start) * 1e-9;
  };
  SoakLimits limits{options.count, 0};
  if (options.seconds != 0) {
    limits.until_ns = start + static_cast<std::int64_t>(options.seconds * 1e9);
  }
  SoakTotals totals;
  SoakStage stage;
  Verdict verdict;
  {
    Watch watch([&](std::size_t seat, std::uint64_t what) {
      hung(options, stage, totals, verdict, seconds(), seat, what);
    });
    for (std::uint64_t number = options.round;
         verdict.good() && !interrupted.load() &&
         (!limits.reached(totals) || (!limits.late() && large_is_due(options, totals)));
         ++number) {
      if (!limits.reached(totals)) {
        run_round(options.seed, number, limits, totals, verdict, watch, stage, interrupted,
                  show_progress);
      }
      if (verdict.good() && large_is_due(options, totals)) {
        run_large_round(options.seed, number, options.mebibytes << 20, totals.large, verdict, watch,
                        stage, interrupted);
      }
      show_progress(totals);
    }
  }
  line.clear();
  const double took = seconds();
  fmt::print("{}", soak_text(totals, verdict, options, took));
  std::string missing =
      cut_short(options, kCounted, totals.kills.all(ledger().all_own_ends()), interrupted.load());
  if (missing.empty()) missing = missing_instants(totals);
  if (missing.empty()) missing = missing_moments(totals.large);
  return conclude(options, kCounted, {verdict.sentences(), missing, stage.round.load()},
                  soak_json(totals, verdict, options, took));
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv,
      "Kills the workers of process pools at random instants and looks whether a task is lost, "
      "run too often or waited for in vain.",
      kCounted, &run);
}
