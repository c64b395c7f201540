#include "bench/compare/options.hpp"

#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace bench {

namespace {

constexpr double kMostPercent = 1000;

std::string percentage(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stopped == end && value >= 0 && value <= kMostPercent) return "";
  return fmt::format("{} is not a number of per cent from 0 to {}", text, kMostPercent);
}

}  // namespace

std::optional<CompareOptions> parse_compare_options(int argc, char** argv, std::ostream& out,
                                                    std::ostream& err, int& exit_code) {
  constexpr int kUsageError = 2;
  CompareOptions options;
  double percent = 5;
  CLI::App app(
      "Tells which differences between two result files of muster-bench exceed the noise: those "
      "that the test of Mann and Whitney tells from chance, at a false discovery rate of 5% over "
      "all figures compared, and whose medians differ by more than the threshold. Exit code: 0 "
      "nothing is slower, 1 something is, 2 the files cannot be compared, 3 nothing is told to be "
      "slower, but figures differ by more than the threshold and there are too few runs to tell.",
      "muster-bench-compare");
  app.add_option("OLD", options.before, "the file of the earlier run")->required();
  app.add_option("NEW", options.after, "the file of the later run")->required();
  app.add_option("-s,--scenario", options.filter.scenarios, "compare these scenarios only");
  app.add_option(
      "-p,--peer", options.filter.peers,
      "compare these peers only, by name or by pattern as in py-*: process and thread are "
      "Muster's");
  app.add_option("-t,--threshold", percent, "per cent that do not matter, whatever the spread")
      ->check(CLI::Validator(percentage, "PERCENT"))
      ->capture_default_str();
  app.add_flag("-c,--changes", options.changes_only, "print only what is not the same");
  app.add_flag("-j,--json", options.json, "print JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  options.threshold = percent / 100;
  return options;
}

}  // namespace bench
