#include "bench/options.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/interrupt.hpp"
#include "bench/peers/peers.hpp"
#include "bench/scenarios.hpp"

namespace bench {

namespace {

// With fewer there would be no curve over queued tasks, which begins there.
constexpr std::uint64_t kLeastTasks = 100;
constexpr std::uint64_t kMostTasks = 1'000'000'000;
constexpr std::size_t kMostWorkers = 1024;
constexpr std::size_t kMostRuns = 1000;
constexpr std::size_t kQuickRuns = 5;

std::string known_scenario(const std::string& name) {
  if (find_scenario(name) != nullptr) return "";
  return fmt::format("there is no scenario \"{}\"; there are {}", name, scenario_names());
}

std::string known_peer(const std::string& pattern) {
  Settings settings;
  settings.peers = {pattern};
  const auto peers = all_peers();
  const bool some = std::any_of(peers.begin(), peers.end(), [&](const PeerEntry& peer) {
    return settings.wants(std::string(peer.name));
  });
  if (some) return "";
  return fmt::format("there is no peer \"{}\"; there are {}", pattern, peer_names());
}

// "; missing: install pigz"; "" for what is there.
std::string absence_of(const PeerEntry& peer) {
  try {
    const std::string missing = why_missing(peer);
    return missing.empty() ? "" : "; missing: " + missing;
  } catch (const MeasurementError& error) {
    return fmt::format("; does not work: {}", error.what());
  }
}

void print_list() {
  catch_interrupts();  // an interpreter may hang, which is asked what it has
  fmt::print("Scenarios:\n");
  for (const auto& each : all_scenarios()) fmt::print("  {}: {}\n", each->name(), each->summary());
  fmt::print("Peers:\n");
  for (const PeerEntry& peer : all_peers()) {
    fmt::print("  {}: {}{}\n", peer.name, peer.title, absence_of(peer));
  }
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

// What is wrong with options that are good each by itself, as a sentence; "": nothing.
std::string contradiction(const CLI::App& app, const Options& options, bool list) {
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
  if (list) {
    const std::string other = given_beside(app, {"--list"});
    if (!other.empty())
      return "--list measures nothing and prints all there is: leave out " + other;
  }
  std::set<std::string> files;
  for (const std::string& file : {options.json, options.html, options.svg, options.from}) {
    if (file.empty() || files.insert(file).second) continue;
    return fmt::format("{} is given twice: each file is to have a name of its own", file);
  }
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

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  constexpr int kUsageError = 2;
  Options options;
  Settings& settings = options.settings;
  std::vector<std::string> names;
  std::size_t workers = 0;
  bool list = false;

  CLI::App app("Measures Muster's pools on this machine.", "muster-bench");
  app.add_option("-s,--scenario", names, "measure these only: " + scenario_names())
      ->check(CLI::Validator(known_scenario, "NAME"));
  app.add_option("-p,--peer", settings.peers,
                 "measure these peers only, by name or by pattern as in py-*; --list names them")
      ->check(CLI::Validator(known_peer, "NAME"));
  app.add_flag("-l,--list", list,
               "print the scenarios, and the peers and which of them are missing");
  app.add_flag("-q,--quick", settings.quick,
               "less of each: the whole within two minutes on two cores");
  app.add_option("-w,--workers", workers, "workers of each pool, instead of 1 and 2 (or 2 and 8)")
      ->check(count_between(1, kMostWorkers));
  auto* runs = app.add_option("-r,--runs", settings.runs,
                              "runs of each, of which the median counts; 7, or 5 if quick")
                   ->check(count_between(1, kMostRuns));
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
                 "what comes out: for looking closer with other tools")
      ->check(not_empty());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  if (const std::string wrong = contradiction(app, options, list); !wrong.empty()) {
    fmt::print(stderr, "{}\n", wrong);
    exit_code = kUsageError;
    return std::nullopt;
  }
  if (list) {
    print_list();
    exit_code = 0;
    return std::nullopt;
  }
  if (settings.quick && runs->empty()) settings.runs = kQuickRuns;
  if (workers != 0) {
    settings.workers = {workers};
    settings.workers_given = true;
  }
  for (const auto& each : all_scenarios()) {
    if (names.empty() || std::find(names.begin(), names.end(), each->name()) != names.end()) {
      options.scenarios.push_back(each.get());
    }
  }
  return options;
}

}  // namespace bench
