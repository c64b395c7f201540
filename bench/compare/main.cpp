// muster-bench-compare: what has become faster or slower between two runs of muster-bench.
#include <exception>
#include <iostream>

#include <fmt/format.h>

#include "bench/compare/options.hpp"
#include "bench/compare/report.hpp"
#include "bench/model/read_results.hpp"
#include "bench/standard_streams.hpp"

namespace bench {

namespace {

constexpr int kRegression = 1;
constexpr int kCannotCompare = 2;
constexpr int kTooFewRuns = 3;

int run(const CompareOptions& options) {
  const Results before = read_results(options.before);
  const Results after = read_results(options.after);
  const auto differences = compare(before, after, options.filter, options.threshold);
  auto doubts = doubts_about(before, after);
  if (std::string doubt = doubt_about_runs(differences); !doubt.empty()) {
    doubts.push_back(std::move(doubt));
  }
  for (const std::string& doubt : doubts) complain("beware: " + doubt);
  print(options.json ? differences_json(differences, doubts, options.threshold)
                     : differences_text(differences, options.changes_only));
  if (has_regression(differences)) return kRegression;
  return has_unsure(differences) ? kTooFewRuns : 0;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  have_standard_streams();
  try {
    int exit_code = 0;
    const auto options = parse_compare_options(argc, argv, std::cout, std::cerr, exit_code);
    return options ? run(*options) : exit_code;
  } catch (const std::exception& error) {
    complain(fmt::format("muster-bench-compare: {}", error.what()));
    return kCannotCompare;
  }
}
