// muster-ends: kills client, supervisor and workers of a pool in any combination and order, at any
// instants of the pool's life and of what the earlier deaths lead to, and looks whether a process,
// a zombie, a descriptor, memory or a file is left, and whether a client that lives hangs.

#include <sys/prctl.h>

#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/conclusion.hpp"
#include "prove/ends_report.hpp"
#include "prove/ends_round.hpp"
#include "prove/options.hpp"
#include "prove/own_folders.hpp"

namespace {

using namespace prove;

const Counted kCounted{
    .name = "rounds", .what = "clients with a pool", .quick = 1000, .full = 20'000};

volatile std::sig_atomic_t interrupted = 0;

int run(const Options& options) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_TIMERSLACK, 1);  // sleeps end when they should
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);

  bench::ProgressLine line;
  const std::int64_t start = muster::detail::monotonic_ns();
  const auto seconds = [&] {
    return static_cast<double>(muster::detail::monotonic_ns() - start) * 1e-9;
  };
  const OwnFolders folders(MUSTER_PROVE_SUBJECT);
  EndsTotals totals;
  std::uint64_t number = options.round;
  while (totals.good() && interrupted == 0 && totals.rounds < options.count) {
    if (options.seconds != 0 && seconds() >= options.seconds) break;
    run_ends_round(options.seed, number++, folders, totals);
    line.show(fmt::format("{} of {} clients, {} processes killed", totals.rounds, options.count,
                          totals.kills));
  }
  line.clear();
  fmt::print("{}", ends_text(totals, folders.whole(), seconds()));
  std::string missing = cut_short(options, kCounted, totals.rounds, interrupted != 0);
  if (missing.empty()) missing = missing_order(totals);
  return conclude(options, kCounted, {totals.sentences, missing, number - 1},
                  ends_json(totals, folders.whole(), options, seconds()));
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv,
      "Kills client, supervisor and workers of process pools in any combination and order, and "
      "looks whether anything is left of them.",
      kCounted, &run);
}
