#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "command.hpp"

namespace muster_tool {

using AddCommand = void (*)(CLI::App& app, Run& run);

// What is to be done. Empty, with the code to exit with, if the program is to end now: help and the
// version were asked for and written to `out`, or the words make no sense, which `complaint` says.
std::optional<Run> parse_command_line(int argc, char** argv, std::span<const AddCommand> commands,
                                      std::ostream& out, std::string& complaint, int& exit_code);

}  // namespace muster_tool
