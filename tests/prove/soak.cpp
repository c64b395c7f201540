// muster-soak: kills workers at random instants, under load, and looks whether all that was
// promised holds: no task lost, none run too often, nobody waits for ever, nothing stays behind.

#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/conclusion.hpp"
#include "prove/describe_pool.hpp"
#include "prove/options.hpp"
#include "prove/peers.hpp"
#include "prove/soak_report.hpp"
#include "prove/soak_round.hpp"

namespace {

using namespace prove;

const Counted kCounted{.name = "kills",
                       .what = "workers killed",
                       .quick = 10'000,
                       .full = 1'000'000,
                       .has_peers = true};

std::atomic<bool> interrupted{false};
bench::ProgressLine* progress_line = nullptr;
std::uint64_t wanted_kills = 0;

void show_progress(const SoakTotals& totals) {
  static std::int64_t next_ns = 0;
  const std::int64_t now = muster::detail::monotonic_ns();
  if (now < next_ns) return;
  next_ns = now + 200'000'000;
  progress_line->show(fmt::format("{} of {} workers killed, {} tasks, {} pools",
                                  totals.kills.all(ledger().all_own_ends()), wanted_kills,
                                  totals.tasks, totals.rounds));
}

// The watch's thread: nothing can be relied on any more but what is looked at from outside.
void hung(const Options& options, const SoakStage& stage, std::size_t seat, std::uint64_t what) {
  std::string state = "(there is no pool at the moment)\n";
  if (const PoolMemory* const memory = stage.memory.load()) state = describe_pool(*memory, what);
  fmt::print(stderr,
             "\nmuster-soak: hung: thread {} of round {} has waited for more than {} s {}. Repeat "
             "with: {}\n{}",
             seat, stage.round.load(), Watch::kLimitNs / 1'000'000'000, Watch::describe(what),
             command_to_repeat(options, kCounted, stage.round.load()), state);
  std::fflush(nullptr);
  // The supervisor ends the workers of a client that is gone.
  std::_Exit(1);
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
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);

  bench::ProgressLine line;
  progress_line = &line;
  wanted_kills = options.count;
  const std::int64_t start = muster::detail::monotonic_ns();
  SoakLimits limits{options.count, 0};
  if (options.seconds != 0) {
    limits.until_ns = start + static_cast<std::int64_t>(options.seconds * 1e9);
  }
  SoakTotals totals;
  SoakStage stage;
  Verdict verdict;
  {
    Watch watch([&](std::size_t seat, std::uint64_t what) { hung(options, stage, seat, what); });
    for (std::uint64_t number = options.round;
         verdict.good() && !interrupted.load() && !limits.reached(totals); ++number) {
      run_round(options.seed, number, limits, totals, verdict, watch, stage, interrupted,
                show_progress);
    }
  }
  line.clear();
  const double seconds = static_cast<double>(muster::detail::monotonic_ns() - start) * 1e-9;
  fmt::print("{}", soak_text(totals, verdict, seconds));
  return conclude(options, kCounted,
                  {verdict.sentences(), missing_instants(totals), stage.round.load()},
                  soak_json(totals, verdict, options, seconds));
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv,
      "Kills the workers of process pools at random instants and looks whether a task is lost, "
      "run too often or waited for in vain.",
      kCounted, &run);
}
