#pragma once

namespace muster_tool {

// What the program's end says. Scripts depend on the numbers.
enum class ExitCode {
  fine = 0,
  finding = 1,  // what was asked about is not as it should be
  usage = 2,
  no_such_pool = 3,  // or several that it could mean
  permission = 4,
  other_version = 5,
  failed = 6,  // the output could not be written, or /proc not be read
};

}  // namespace muster_tool
