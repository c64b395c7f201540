#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "bench/compare/comparison.hpp"

namespace bench {

struct CompareOptions {
  std::string before;
  std::string after;
  Filter filter;
  double threshold = 0.05;  // as a fraction
  bool changes_only = false;
  bool json = false;
};

// Empty, with the code to exit with, if the program is to end now: --help, which `out` gets, or
// options that make no sense, which `err` is told of.
std::optional<CompareOptions> parse_compare_options(int argc, char** argv, std::ostream& out,
                                                    std::ostream& err, int& exit_code);

}  // namespace bench
