// muster-bench: measures Muster's pools on the machine at hand. bench/README.md says how.
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/catalogue.hpp"
#include "bench/driver.hpp"
#include "bench/interrupt.hpp"
#include "bench/json_file.hpp"
#include "bench/known_cells.hpp"
#include "bench/machine.hpp"
#include "bench/model/from_run.hpp"
#include "bench/model/read_results.hpp"
#include "bench/options.hpp"
#include "bench/output_file.hpp"
#include "bench/page/drawings.hpp"
#include "bench/patterns.hpp"
#include "bench/peers/makers.hpp"
#include "bench/peers/peers.hpp"
#include "bench/probes/others_watch.hpp"
#include "bench/report.hpp"
#include "bench/scenarios.hpp"
#include "bench/standard_streams.hpp"

namespace bench {

namespace {

constexpr int kFailure = 1;
constexpr int kUsageError = 2;
constexpr int kBySignal = 128;  // and its number

// One run of one cell, in a child of the driver. What comes out of it goes to standard output, an
// error as a line that begins with "error".
int run_cell(const std::string& text) {
  // The driver's end, even by SIGKILL, is this process's end and so the pool's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const auto comma = std::min(text.find(','), text.size());
    const Scenario* scenario = find_scenario(text.substr(0, comma));
    if (scenario == nullptr) throw NoSuchCell("there is no scenario as in " + text);
    const Cell cell =
        Cell::from_text(std::string_view(text).substr(std::min(comma + 1, text.size())));
    require_known(*scenario, cell);
    Sample sample;
    scenario->measure(cell, sample);
    print(sample.to_text());
    return 0;
  } catch (const NoSuchCell& error) {
    print(fmt::format("error {}\n", error.what()));
    return kUsageError;
  } catch (const std::exception& error) {
    print(fmt::format("error {}\n", error.what()));
    return kFailure;
  }
}

// Throws with all that could not be written, where there is something.
void require_written(const std::vector<std::string>& failures) {
  if (!failures.empty()) throw std::runtime_error(fmt::format("{}", fmt::join(failures, "; ")));
}

int draw_results(const Options& options) {
  const Results results = read_results(options.from);
  if (results.scenarios.empty()) {
    throw UnreadableResults(options.from + " has no scenarios, so there is nothing to draw");
  }
  Drawings drawings(options.html, options.svg);
  std::vector<std::string> failures;
  print(drawings.write(results, failures));
  require_written(failures);
  return 0;
}

int list_all() {
  catch_interrupts();  // an interpreter may hang, which is asked what it has
  try {
    print(list_text());
  } catch (const std::system_error&) {
    if (interruption() == 0) throw;
  }
  return interruption() == 0 ? 0 : kBySignal + interruption();
}

// Standard output, which is one of several outputs where files are written, too: it may fail
// without taking these with it.
class Tables {
 public:
  explicit Tables(bool alone) : alone_(alone) {}

  // Where nobody reads any more, it is as if a signal had said so, also where that is ignored.
  void print(const std::string& text) {
    if (!failures_.empty() || interruption() == SIGPIPE) return;
    try {
      bench::print(text);
    } catch (const std::system_error& error) {
      if (error.code() == std::errc::broken_pipe) {
        interrupt(SIGPIPE);
      } else if (alone_) {
        throw;
      } else {
        failures_.emplace_back(error.what());
      }
    }
  }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  bool alone_;
  std::vector<std::string> failures_;
};

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

// A line for each of the peers that were asked for and have no row in any table.
std::string not_measured_text(const Settings& settings,
                              const std::vector<ScenarioResult>& results) {
  std::string text;
  if (interruption() != 0 || results.empty()) return text;
  for (const std::string& pattern : settings.peers) {
    const bool some = std::any_of(results.begin(), results.end(), [&](const auto& result) {
      return std::any_of(result.cases.begin(), result.cases.end(), [&](const CaseResult& one) {
        return matches_any({pattern}, one.cell.peer);
      });
    });
    if (!some) text += fmt::format("{}: none of these scenarios measures such a peer\n", pattern);
  }
  return text;
}

int run_scenarios(const Options& options) {
  catch_interrupts();
  std::optional<OutputFile> json;
  if (!options.json.empty()) json.emplace(options.json);
  Drawings drawings(options.html, options.svg);
  Tables tables(options.json.empty() && options.html.empty() && options.svg.empty());
  std::vector<std::string> beware = doubts();
  const OthersWatch others;

  Driver driver(options.settings);
  const std::vector<const Scenario*> scenarios = scenarios_named(options.scenarios);
  driver.plan(scenarios);
  const Facts machine = describe_machine();
  tables.print(heading_text(machine, options.settings, beware));
  std::vector<ScenarioResult> results;
  for (const Scenario* scenario : scenarios) {
    ScenarioResult result = driver.run(*scenario);
    if (interruption() != 0 && !result.has_figures()) break;
    if (result.cases.empty()) {
      tables.print(
          fmt::format("\n{}: none of the peers asked for is measured in it\n", result.name));
      continue;
    }
    tables.print('\n' + table_text(result));
    results.push_back(std::move(result));
    if (interruption() != 0) break;
  }
  if (const std::string idle = not_measured_text(options.settings, results); !idle.empty()) {
    tables.print('\n' + idle);
  }
  if (std::string doubt = others.doubt(); !doubt.empty()) {
    tables.print(fmt::format("\nbeware: {}\n", doubt));
    beware.push_back(std::move(doubt));
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
    complain("muster-bench: " + beware.back());
  }
  require_something(results);
  std::vector<std::string> failures;
  if (json) {
    try_to_write(
        *json, [&] { return json_text(machine, options.settings, beware, results, cut_short); },
        failures);
  }
  tables.print(
      drawings.write(results_of_run(machine, options.settings, beware, results), failures));
  failures.insert(failures.end(), tables.failures().begin(), tables.failures().end());
  require_written(failures);
  if (signal != 0) return kBySignal + signal;
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [](const ScenarioResult& result) { return result.failed(); });
  return failed ? kFailure : 0;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  serve_if_spawned();
  have_standard_streams();
  try {
    int exit_code = 0;
    const std::optional<Options> options =
        parse_options(argc, argv, all_choices(), std::cout, std::cerr, exit_code);
    if (!options) return exit_code;
    if (options->list) return list_all();
    if (!options->cell.empty()) return run_cell(options->cell);
    return options->from.empty() ? run_scenarios(*options) : draw_results(*options);
  } catch (const Interrupted&) {
    complain(fmt::format("muster-bench: {} came before anything was measured; no file was written",
                         signal_name(interruption())));
    return kBySignal + interruption();
  } catch (const std::exception& error) {
    complain(fmt::format("muster-bench: {}", error.what()));
    return kFailure;
  }
}
