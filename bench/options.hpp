#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "bench/settings.hpp"

namespace bench {

struct Options {
  Settings settings;
  std::vector<std::string> scenarios;  // to be measured; none: all
  bool list = false;                   // print what there is, and measure nothing
  std::string json;                    // "": none
  std::string html;                    // the same
  std::string svg;                     // the same
  std::string from;  // a file of results to draw, instead of measuring; "": measure
  std::string cell;  // "SCENARIO,PEER,WORKERS,VARIANT,SIZE": run this one here; "": the driver
};

// The names that options can be.
struct Choices {
  std::vector<std::string> scenarios;
  std::vector<std::string> peers;
};

// Empty, with the code to exit with, if the program is to end now: --help, which `out` gets, or
// options that make no sense, which `err` is told of.
std::optional<Options> parse_options(int argc, char** argv, const Choices& choices,
                                     std::ostream& out, std::ostream& err, int& exit_code);

}  // namespace bench
