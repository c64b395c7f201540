#pragma once

#include <string>
#include <string_view>

#include "exit_code.hpp"

namespace muster_tool {

// Writes to standard output, to the end. ExitCode::failed, with a sentence on standard error,
// where it cannot be written.
ExitCode print(std::string_view text);

// A line on standard error, with the program's name before it.
void complain(std::string_view sentence);

}  // namespace muster_tool
