#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

namespace muster_tool {

ExitCode print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return ExitCode::fine;
  complain(
      fmt::format("cannot write to standard output: {}", std::generic_category().message(errno)));
  return ExitCode::failed;
}

void complain(std::string_view sentence) {
  const std::string line = fmt::format("muster: {}\n", sentence);
  // To whom could one complain that this fails?
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace muster_tool
