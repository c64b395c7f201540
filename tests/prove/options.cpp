#include "prove/options.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace prove {

std::string name_of(const std::string& program) { return program.substr(program.rfind('/') + 1); }

std::optional<Options> parse_options(int argc, char** argv, const std::string& about,
                                     const Counted& counted, std::ostream& out, std::ostream& err,
                                     int& exit_code) {
  constexpr int kUsageError = 2;
  Options options;
  options.program = argv[0];
  bool quick = false;
  bool full = false;
  CLI::App app(about);
  auto* const quick_flag = app.add_flag(
      "--quick", quick, fmt::format("{} {}; the default", counted.quick, counted.what));
  app.add_flag("--full", full, fmt::format("{} {}", counted.full, counted.what))
      ->excludes(quick_flag);
  auto* const count =
      app.add_option("--" + counted.name, options.count, "as many " + counted.what + " instead")
          ->check(CLI::Range(1.0, 1e12));
  app.add_option("--seconds", options.seconds, "end after so long, whatever was done by then")
      ->check(CLI::Range(0.1, 1e9));
  // A negative number would wrap around to some other.
  const CLI::Validator from_zero(
      [](const std::string& text) {
        return text.starts_with('-') ? text + " is less than 0" : std::string{};
      },
      "");
  auto* const seed = app.add_option("--seed", options.seed, "repeats the random choices of a run")
                         ->check(from_zero);
  app.add_option("--round", options.round, "begin with this round, to repeat it alone")
      ->check(from_zero);
  app.add_option("--json", options.json, "write all figures to this file, too");
  if (counted.has_peers) {
    app.add_flag("--peer", options.peer, "the same of other pools: what their workers' deaths do");
  }
  // Of the full size each takes some seconds.
  constexpr std::uint64_t kQuickLargeKills = 150;
  constexpr std::uint64_t kFullLargeKills = 400;
  constexpr std::uint64_t kQuickMebibytes = 16;
  constexpr std::uint64_t kFullMebibytes = 256;
  CLI::Option* large_kills = nullptr;
  CLI::Option* mebibytes = nullptr;
  if (counted.has_large) {
    large_kills = app.add_option("--large-kills", options.large_kills,
                                 fmt::format("as many {} with large data in their hands besides; "
                                             "{}, with --full {}",
                                             counted.what, kQuickLargeKills, kFullLargeKills))
                      ->check(CLI::Range(0.0, 1e9));
    mebibytes = app.add_option("--mebibytes", options.mebibytes,
                               fmt::format("the size of the largest results there; {}, with "
                                           "--full {}",
                                           kQuickMebibytes, kFullMebibytes))
                    ->check(CLI::Range(1.0, 1024.0));
  }
  if (counted.has_calls) {
    app.add_option("--call", options.call, "only failures of this system call");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  if (count->empty()) options.count = full ? counted.full : counted.quick;
  if (counted.has_large && large_kills->empty()) {
    options.large_kills = full ? kFullLargeKills : kQuickLargeKills;
  }
  if (counted.has_large && mebibytes->empty()) {
    options.mebibytes = full ? kFullMebibytes : kQuickMebibytes;
  }
  if (seed->empty()) options.seed = std::random_device()();
  return options;
}

int run_program(int argc, char** argv, const std::string& about, const Counted& counted,
                int (*run)(const Options&)) {
  try {
    int exit_code = 0;
    const auto options = parse_options(argc, argv, about, counted, std::cout, std::cerr, exit_code);
    return options ? run(*options) : exit_code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name_of(argv[0]), error.what());
    return 1;
  }
}

std::string command_to_repeat(const Options& options, const Counted& counted, std::uint64_t round) {
  const std::string large = counted.has_large ? fmt::format(" --large-kills {} --mebibytes {}",
                                                            options.large_kills, options.mebibytes)
                                              : "";
  return fmt::format("{} --{} {}{} --seed {} --round {}", name_of(options.program), counted.name,
                     options.count, large, options.seed, round);
}

}  // namespace prove
