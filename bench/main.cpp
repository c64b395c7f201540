// muster-bench: measures Muster's pools on the machine at hand. bench/README.md says how.
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/catalogue.hpp"
#include "bench/driver.hpp"
#include "bench/interrupt.hpp"
#include "bench/json_file.hpp"
#include "bench/machine.hpp"
#include "bench/model/from_run.hpp"
#include "bench/model/read_results.hpp"
#include "bench/options.hpp"
#include "bench/output_file.hpp"
#include "bench/page/drawings.hpp"
#include "bench/peers/peers.hpp"
#include "bench/report.hpp"
#include "bench/scenarios.hpp"

namespace bench {

namespace {

constexpr int kFailure = 1;
constexpr int kBySignal = 128;  // and its number

void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    throw std::runtime_error("cannot write to standard output");
  }
}

// Throws MeasurementError for what the scenario does not do. Any peer that offers it may be asked.
void check_cell(const Scenario& scenario, const Cell& cell) {
  const std::vector<Cell> cells = scenario.cells(Settings{});
  const bool known = std::any_of(cells.begin(), cells.end(), [&](const Cell& other) {
    return other.variant == cell.variant && (other.payload == 0) == (cell.payload == 0);
  });
  if (!known) {
    throw MeasurementError(
        fmt::format("{} is not played as \"{}\"; the JSON file of a run has the "
                    "variants that there are",
                    scenario.name(), cell.variant));
  }
  if (cell.size == 0 || cell.threads == 0) {
    throw MeasurementError("a cell does something at least once, from one thread or more");
  }
  const PeerEntry* const peer = find_peer(cell.peer);
  if (peer != nullptr && peer->has_workers() && cell.workers == 0) {
    throw MeasurementError(fmt::format("{} needs a worker or more", cell.peer));
  }
}

// One run of one cell, in a child of the driver. What comes out of it goes to standard output, an
// error as a line that begins with "error".
int run_cell(const std::string& text) {
  // The driver's end, even by SIGKILL, is this process's end and so the pool's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const auto comma = std::min(text.find(','), text.size());
    const Scenario* scenario = find_scenario(text.substr(0, comma));
    if (scenario == nullptr) throw MeasurementError("there is no scenario as in " + text);
    const Cell cell =
        Cell::from_text(std::string_view(text).substr(std::min(comma + 1, text.size())));
    check_cell(*scenario, cell);
    Sample sample;
    scenario->measure(cell, sample);
    print(sample.to_text());
    return 0;
  } catch (const std::exception& error) {
    print(fmt::format("error {}\n", error.what()));
    return kFailure;
  }
}

int draw_results(const Options& options) {
  const Results results = read_results(options.from);
  if (results.scenarios.empty()) {
    throw UnreadableResults(options.from + " has no scenarios, so there is nothing to draw");
  }
  Drawings drawings(options.html, options.svg);
  print(drawings.write(results));
  return 0;
}

// Throws where no figure could be had and nothing failed either: all that was asked for is missing.
void require_something(const std::vector<ScenarioResult>& results) {
  if (results.empty()) throw std::runtime_error("no scenario of these measures such a peer");
  std::set<std::string> missing;
  for (const ScenarioResult& result : results) {
    if (result.failed() || result.has_figures()) return;
    for (const CaseResult& one : result.cases) {
      missing.insert(fmt::format("{} ({})", one.cell.label(), one.cell.missing));
    }
  }
  throw std::runtime_error(
      fmt::format("nothing was measured, all of it is missing: {}", fmt::join(missing, "; ")));
}

int run_scenarios(const Options& options) {
  catch_interrupts();
  std::optional<OutputFile> json;
  if (!options.json.empty()) json.emplace(options.json);
  Drawings drawings(options.html, options.svg);
  const Facts machine = describe_machine();
  std::vector<std::string> beware = doubts();
  print(heading_text(machine, options.settings, beware));

  Driver driver(options.settings);
  const std::vector<const Scenario*> scenarios = scenarios_named(options.scenarios);
  driver.plan(scenarios);
  std::vector<ScenarioResult> results;
  for (const Scenario* scenario : scenarios) {
    ScenarioResult result = driver.run(*scenario);
    if (interruption() != 0 && !result.has_figures()) break;
    if (result.cases.empty()) continue;  // it has none of the peers that are asked for
    print('\n' + table_text(result));
    results.push_back(std::move(result));
    if (interruption() != 0) break;
  }
  const int signal = interruption();
  const std::string cut_short = signal == 0 ? "" : signal_name(signal);
  if (signal != 0) {
    const bool some = std::any_of(results.begin(), results.end(), [](const ScenarioResult& result) {
      return result.failed() || result.has_figures();
    });
    if (!some) throw Interrupted();
    beware.push_back(fmt::format(
        "cut short by {}: what is not here was not measured, or not as often as it was to be",
        cut_short));
    fmt::print(stderr, "muster-bench: {}\n", beware.back());
  }
  require_something(results);
  if (json) json->write(json_text(machine, options.settings, beware, results, cut_short));
  print(drawings.write(results_of_run(machine, options.settings, beware, results)));
  if (signal != 0) return kBySignal + signal;
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [](const ScenarioResult& result) { return result.failed(); });
  return failed ? kFailure : 0;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  try {
    int exit_code = 0;
    const std::optional<Options> options =
        parse_options(argc, argv, all_choices(), std::cout, std::cerr, exit_code);
    if (!options) return exit_code;
    if (options->list) {
      print_list();
      return 0;
    }
    if (!options->cell.empty()) return run_cell(options->cell);
    return options->from.empty() ? run_scenarios(*options) : draw_results(*options);
  } catch (const Interrupted&) {
    fmt::print(stderr, "muster-bench: {} came before anything was measured; no file was written\n",
               signal_name(interruption()));
    return kBySignal + interruption();
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster-bench: {}\n", error.what());
    return kFailure;
  }
}
