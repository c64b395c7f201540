#pragma once

#include <exception>

#include "exit_code.hpp"

namespace muster_tool {

// What the program exits with where a command was ended by this.
ExitCode exit_code_of(const std::exception& error);

// Says it on standard error, and where no pool was found, which processes could not be asked.
ExitCode tell(const std::exception& error);

}  // namespace muster_tool
