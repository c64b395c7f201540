#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace muster_tool {

// What the user wants to see.
struct CommandLine {
  bool list = false;  // all pools; else the one that `pool` names
  std::string pool;
  bool json = false;
};

// Empty, with the code to exit with, if the program is to end now: help and the version were asked
// for and written to `out`, or the words make no sense, which `complaint` says.
std::optional<CommandLine> parse_command_line(int argc, char** argv, std::ostream& out,
                                              std::string& complaint, int& exit_code);

}  // namespace muster_tool
