// muster-ends: kills client, supervisor and workers of a pool in any combination and order, at any
// instants of the pool's life and of what the earlier deaths lead to, and looks whether a process,
// a zombie, a descriptor, memory or a file is left, and whether a client that lives hangs.

#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include <fmt/format.h>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/ends_report.hpp"
#include "prove/ends_round.hpp"
#include "prove/json_file.hpp"
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
  const OwnFolders folders(MUSTER_PROVE_ENDS_SUBJECT);
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
  bool good = totals.good();
  if (const std::string missing = missing_order(totals); good && !missing.empty()) {
    fmt::print(stderr, "muster-ends: this run proves less than it should: {}\n", missing);
    good = false;
  }
  for (const std::string& sentence : totals.sentences) {
    fmt::print(stderr, "muster-ends: {}\n", sentence);
  }
  if (!totals.good()) {
    fmt::print(stderr, "muster-ends: repeat with: {}\n",
               command_to_repeat(options, kCounted, number - 1));
  }
  if (!options.json.empty() &&
      !write_json(options.json, ends_json(totals, folders.whole(), options, seconds()))) {
    return 1;
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    int exit_code = 0;
    const auto options = parse_options(
        argc, argv,
        "Kills client, supervisor and workers of process pools in any combination and order, and "
        "looks whether anything is left of them.",
        kCounted, std::cout, std::cerr, exit_code);
    return options ? run(*options) : exit_code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster-ends: {}\n", error.what());
    return 1;
  }
}
