#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/scenario.hpp"

namespace bench {

struct Options {
  Settings settings;
  std::vector<const Scenario*> scenarios;
  std::string json;  // "": none
  std::string html;  // the same
  std::string svg;   // the same
  std::string from;  // a file of results to draw, instead of measuring; "": measure
  std::string cell;  // "SCENARIO,PEER,WORKERS,VARIANT,SIZE": run this one here; "": the driver
};

// Empty, with the code to exit with, if the program is to end now: --help, or options that make
// no sense, which standard error tells of.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace bench
