// muster-scribble: workers write over all the memory of the pool that they can write, while other
// tasks flow. The pool may break then. The client may not crash, nor wait for ever; and where
// results have checksums, none is taken for what it is not.

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/conclusion.hpp"
#include "prove/describe_pool.hpp"
#include "prove/options.hpp"
#include "prove/scribble_round.hpp"
#include "prove/scribbler.hpp"

namespace {

using namespace prove;

const Counted kCounted{
    .name = "corruptions", .what = "corruptions", .quick = 10'000, .full = 100'000};

std::atomic<bool> interrupted{false};
std::atomic<std::uint64_t> logged{0};

nlohmann::ordered_json figures(const Options& options, const ScribbleStage& stage,
                               const Verdict& verdict, double seconds) {
  nlohmann::ordered_json json{{"schema", 1},
                              {"program", "muster-scribble"},
                              {"seed", options.seed},
                              {"seconds", seconds},
                              {"corruptions", scribble_counts().all()},
                              {"pools", stage.round.load() + 1},
                              {"pools_broken", stage.pools_broken.load()},
                              {"errors_logged", logged.load()}};
  for (std::size_t i = 0; i < kScribbles; ++i) {
    json["of"][kScribbleNames[i]] = scribble_counts().by_kind[i].load();
  }
  for (const auto& [how, count] : stage.endings.counts()) json["endings"][how] = count;
  for (std::size_t i = 0; i < kFaults; ++i) {
    json["faults"][kFaultNames[i]] = verdict.count(static_cast<Fault>(i));
  }
  json["sentences"] = verdict.sentences();
  return json;
}

// The watch's thread.
void hung(const Options& options, const ScribbleStage& stage, Verdict& verdict, double seconds,
          std::size_t seat, std::uint64_t what) {
  const std::uint64_t round = stage.round.load();
  const std::string sentence = fmt::format(
      "hung: thread {} of round {} has waited for more than {} s {}; the last thing written over: "
      "{}. Repeat with: {}",
      seat, round, Watch::kLimitNs / 1'000'000'000, Watch::describe(what),
      kScribbleNames[scribble_counts().last_kind.load() % kScribbles],
      command_to_repeat(options, kCounted, round));
  std::string state = "(there is no pool at the moment)\n";
  if (const PoolMemory* const memory = stage.memory.load()) state = describe_pool(*memory, ~0ULL);
  end_hung(options, sentence, state, [&] {
    verdict.count_only(Fault::hung);
    return figures(options, stage, verdict, seconds);
  });
}

void print(const nlohmann::ordered_json& json) {
  fmt::print("{} corruptions in {:.1f} s; {} pools, {} of which broke; {} errors logged\nof\n",
             json["corruptions"].get<std::uint64_t>(), json["seconds"].get<double>(),
             json["pools"].get<std::uint64_t>(), json["pools_broken"].get<std::uint64_t>(),
             json["errors_logged"].get<std::uint64_t>());
  for (const auto& [what, count] : json["of"].items()) {
    fmt::print("  {:<28} {:>8}\n", what, count.get<std::uint64_t>());
  }
  fmt::print("tasks ended by\n");
  if (json.contains("endings")) {
    for (const auto& [how, count] : json["endings"].items()) {
      fmt::print("  {:<28} {:>8}\n", how, count.get<std::uint64_t>());
    }
  }
  fmt::print("hung {}, wrong {}, left over {}\n", json["faults"]["hung"].get<std::uint64_t>(),
             json["faults"]["wrong"].get<std::uint64_t>(),
             json["faults"]["left over"].get<std::uint64_t>());
}

// For finding what does it: MUSTER_SCRIBBLE_ONLY=slot... is the number of a kind.
std::uint32_t only_kind() {
  const char* const text = std::getenv("MUSTER_SCRIBBLE_ONLY");
  return text == nullptr ? static_cast<std::uint32_t>(kScribbles)
                         : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

int run(const Options& options) {
  // What is said of each pool that is given up would be thousands of lines.
  muster::set_log_handler([](muster::LogLevel level, std::string_view) {
    if (level == muster::LogLevel::error) ++logged;
  });
  std::signal(SIGINT, [](int) { interrupted.store(true); });
  std::signal(SIGTERM, [](int) { interrupted.store(true); });
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);

  bench::ProgressLine line;
  ScribbleStage stage;
  Verdict verdict;
  const std::int64_t start = muster::detail::monotonic_ns();
  const auto seconds = [&] {
    return static_cast<double>(muster::detail::monotonic_ns() - start) * 1e-9;
  };
  {
    Watch watch([&](std::size_t seat, std::uint64_t what) {
      hung(options, stage, verdict, seconds(), seat, what);
    });
    for (std::uint64_t number = options.round; verdict.good() && !interrupted.load(); ++number) {
      if (scribble_counts().all() >= options.count) break;
      if (options.seconds != 0 && seconds() >= options.seconds) break;
      run_scribble_round(options.seed, number, only_kind(), verdict, watch, stage);
      line.show(fmt::format("{} of {} corruptions, {} tasks, {} pools", scribble_counts().all(),
                            options.count, stage.tasks.load(), number + 1));
    }
  }
  line.clear();
  const nlohmann::ordered_json json = figures(options, stage, verdict, seconds());
  print(json);
  return conclude(options, kCounted,
                  {verdict.sentences(),
                   cut_short(options, kCounted, scribble_counts().all(), interrupted.load()),
                   stage.round.load()},
                  json);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv,
      "Lets workers write over the shared memory of their pool, at random, and looks whether the "
      "client survives it.",
      kCounted, &run);
}
