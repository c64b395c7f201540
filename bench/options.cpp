#include "bench/options.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bench {

namespace {

// With fewer there would be no curve over queued tasks, which begins there.
constexpr std::uint64_t kLeastTasks = 100;
constexpr std::uint64_t kMostTasks = 1'000'000'000;
constexpr std::size_t kMostWorkers = 1024;
constexpr std::size_t kMostRuns = 1000;
constexpr std::uint64_t kMostSeconds = 24 * 60 * 60;
constexpr std::size_t kQuickRuns = 5;

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

CLI::Validator scenario_of(const Choices& choices) {
  const auto check = [&choices](const std::string& name) -> std::string {
    if (std::ranges::find(choices.scenarios, name) != choices.scenarios.end()) return "";
    return fmt::format("there is no scenario \"{}\"; there are {}", name,
                       joined(choices.scenarios));
  };
  return {check, "NAME"};
}

CLI::Validator peer_of(const Choices& choices) {
  const auto check = [&choices](const std::string& pattern) -> std::string {
    Settings settings;
    settings.peers = {pattern};
    const bool some = std::ranges::any_of(
        choices.peers, [&](const std::string& peer) { return settings.wants(peer); });
    if (some) return "";
    return fmt::format("there is no peer \"{}\"; there are {}", pattern, joined(choices.peers));
  };
  return {check, "NAME"};
}

// CLI11 alone would take -1 for the largest number there is.
CLI::Validator count_between(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    const bool digits =
        !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == text.npos;
    if (digits && std::stoull(text) >= least && std::stoull(text) <= most) return "";
    return fmt::format("{} is not a whole number from {} to {}", text, least, most);
  };
  return {check, fmt::format("from {} to {}", least, most)};
}

// An empty name is a variable that was not set.
CLI::Validator not_empty() {
  const auto check = [](const std::string& text) -> std::string {
    return text.empty() ? "it is empty" : "";
  };
  return {check, ""};
}

// The first option given that is none of `allowed`; "" if there is none.
std::string given_beside(const CLI::App& app, const std::set<std::string>& allowed) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->count() > 0 && allowed.count(option->get_name()) == 0) return option->get_name();
  }
  return "";
}

// Whether two names, as they are or behind links, are of one file.
bool are_one_file(const std::string& one, const std::string& other) {
  std::error_code none;  // a path that leads nowhere is told of where it is opened
  if (std::filesystem::equivalent(one, other, none)) return true;
  const auto path_of = [&](const std::string& name) {
    const auto path = std::filesystem::absolute(name, none);
    return none ? path : std::filesystem::weakly_canonical(path, none);
  };
  const auto path = path_of(one);
  if (none) return false;
  const auto next = path_of(other);
  return !none && path == next;
}

// What is read or written under two names would be written over; "": nothing.
std::string named_twice(const Options& options) {
  std::vector<std::string> files;
  for (const std::string& file : {options.json, options.html, options.svg, options.from}) {
    if (file.empty()) continue;
    for (const std::string& other : files) {
      if (file == other) {
        return fmt::format("{} is given twice: each file is to have a name of its own", file);
      }
      if (are_one_file(file, other)) {
        return fmt::format("{} and {} are the same file: each is to have one of its own", other,
                           file);
      }
    }
    files.push_back(file);
  }
  return "";
}

// What is wrong with options that are good each by itself, as a sentence; "": nothing.
std::string contradiction(const CLI::App& app, const Options& options) {
  const bool draws = !options.html.empty() || !options.svg.empty();
  if (!options.from.empty()) {
    if (!options.json.empty()) return "--from measures nothing, so there is nothing for --json";
    if (!draws) {
      return "--from draws what was measured before: say where to, with --html or --svg";
    }
    const std::string other = given_beside(app, {"--from", "--html", "--svg"});
    if (!other.empty()) return "--from measures nothing, all is as in its file: leave out " + other;
  }
  if (!options.cell.empty()) {
    if (draws || !options.json.empty()) return "--cell prints what it measures, and writes no file";
    const std::string other = given_beside(app, {"--cell"});
    if (!other.empty()) return "--cell says all that there is to say: leave out " + other;
  }
  if (options.list) {
    const std::string other = given_beside(app, {"--list"});
    if (!other.empty())
      return "--list measures nothing and prints all there is: leave out " + other;
  }
  if (const std::string twice = named_twice(options); !twice.empty()) return twice;
  const Settings& settings = options.settings;
  if (settings.less_if_quick(settings.many_tasks) < kLeastTasks) {
    return fmt::format(
        "--quick does a tenth of --tasks {}, and the curves of growth begin at {} tasks: say {} or "
        "more",
        settings.many_tasks, kLeastTasks, 10 * kLeastTasks);
  }
  return "";
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, const Choices& choices,
                                     std::ostream& out, std::ostream& err, int& exit_code) {
  constexpr int kUsageError = 2;
  Options options;
  Settings& settings = options.settings;
  std::size_t workers = 0;

  CLI::App app("Measures Muster's pools on this machine.", "muster-bench");
  app.add_option("-s,--scenario", options.scenarios,
                 "measure these only: " + joined(choices.scenarios))
      ->check(scenario_of(choices));
  app.add_option("-p,--peer", settings.peers,
                 "measure these peers only, by name or by pattern as in py-*; --list names them")
      ->check(peer_of(choices));
  app.add_flag("-l,--list", options.list,
               "print the scenarios, and the peers and which of them are missing");
  app.add_flag("-q,--quick", settings.quick,
               "less of each: the whole within two minutes on two cores");
  app.add_option("-w,--workers", workers, "workers of each pool, instead of 1 and 2 (or 2 and 8)")
      ->check(count_between(1, kMostWorkers));
  auto* runs =
      app.add_option("-r,--runs", settings.runs,
                     "runs of each, of which the median counts; 7, or if quick 5, and 3 of "
                     "what is slow")
          ->check(count_between(1, kMostRuns));
  std::uint64_t limit = 0;
  app.add_option("--limit", limit,
                 "seconds after which a run is taken to hang, instead of 60 and more")
      ->check(count_between(1, kMostSeconds));
  app.add_option("-t,--tasks", settings.many_tasks,
                 "tasks submitted in the scenario many, and at most in growth")
      ->check(count_between(kLeastTasks, kMostTasks))
      ->capture_default_str();
  app.add_option("-j,--json", options.json, "write all figures to this file, too")
      ->check(not_empty());
  app.add_option("--html", options.html, "write a page with charts and all figures to this file")
      ->check(not_empty());
  app.add_option("--svg", options.svg, "write a picture of throughput and latency to this file")
      ->check(not_empty());
  app.add_option("--from", options.from,
                 "measure nothing: draw the page or the picture from this file of --json")
      ->check(not_empty());
  app.add_option("--cell", options.cell,
                 "measure SCENARIO,PEER,WORKERS,VARIANT,SIZE once, in this very process, and print "
                 "what comes out: for looking closer with other tools; one that there is not is "
                 "an error that says what there is")
      ->check(not_empty());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  if (const std::string wrong = contradiction(app, options); !wrong.empty()) {
    err << wrong << '\n';
    exit_code = kUsageError;
    return std::nullopt;
  }
  settings.runs_given = !runs->empty();
  if (settings.quick && !settings.runs_given) settings.runs = kQuickRuns;
  settings.limit = std::chrono::seconds(limit);
  if (workers != 0) {
    settings.workers = {workers};
    settings.workers_given = true;
  }
  return options;
}

}  // namespace bench
