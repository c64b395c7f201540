#pragma once

#include <stdexcept>

namespace muster_tool {

// What was asked for makes no sense. what() is a sentence that says what would; the program says it
// and ends with ExitCode::usage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace muster_tool
