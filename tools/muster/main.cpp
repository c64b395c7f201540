// muster: looks at the pools that run on this machine, from outside and without touching them.

#include <exception>
#include <optional>
#include <sstream>
#include <string>

#include "command_line.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace muster_tool {
namespace {

int run(int argc, char** argv) {
  std::ostringstream out;
  std::string complaint;
  int exit_code = 0;
  const auto wanted = parse_command_line(argc, argv, out, complaint, exit_code);
  if (!wanted) {
    if (exit_code == 0) return static_cast<int>(print(out.str()));
    complain(complaint);
    return exit_code;
  }
  return static_cast<int>(wanted->list ? list_pools(wanted->json)
                                       : show_pool(wanted->pool, wanted->json));
}

}  // namespace
}  // namespace muster_tool

int main(int argc, char** argv) {
  try {
    return muster_tool::run(argc, argv);
  } catch (const std::exception& error) {
    muster_tool::complain(error.what());
    return static_cast<int>(muster_tool::ExitCode::failed);
  }
}
