#pragma once

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

// Empty, with the code to exit with, if the program is to end now.
std::optional<CompareOptions> parse_compare_options(int argc, char** argv, int& exit_code);

}  // namespace bench
