#include "steps/options.hpp"

#include <CLI/CLI.hpp>

namespace steps {

std::optional<Options> parse_options(int argc, char** argv, const char* name, const char* about,
                                     Takes takes, const std::vector<std::string>& scenarios,
                                     std::ostream& out, std::ostream& err, int& exit_code) {
  CLI::App app(about, name);
  Options options;
  bool quick = false;
  auto* full = app.add_flag("--full", options.full, "All of it");
  app.add_flag("--quick", quick, "What takes little time (the default)")->excludes(full);
  app.add_option("--json", options.json, "Write the results to this file, too");
  if (takes == Takes::measurement) {
    app.add_option("--kills", options.kills, "So many of each worker, and none of Python's");
  } else {
    app.add_option("--scenario", options.scenario, "Only this one")
        ->check(CLI::Validator(
            [&scenarios](const std::string& wanted) -> std::string {
              std::string names;
              for (const std::string& one : scenarios) {
                if (one == wanted) return "";
                names += " " + one;
              }
              return "there is no scenario " + wanted + "; there are" + names;
            },
            "NAME"));
    app.add_option("--workers", options.workers, "Only pools of so many")->check(CLI::Range(1, 2));
    app.add_option("--every", options.every, "Only every so many instructions")
        ->check(CLI::PositiveNumber);
  }
  if (takes == Takes::kills) {
    app.add_option("--retries", options.retries, "Only with so many")->check(CLI::Range(0, 1));
    app.add_flag("--other-goes-on", options.other_goes_on,
                 "Of two workers, only while the other one runs freely");
    app.add_option("--at", options.at, "Only after so many instructions");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? kFine : kUsage;
    return std::nullopt;
  }
  return options;
}

}  // namespace steps
