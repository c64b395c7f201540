// muster: looks at the pools that run on this machine, from outside and without touching them.

#include <signal.h>

#include <array>
#include <exception>
#include <sstream>
#include <string>

#include "command_line.hpp"
#include "errors.hpp"
#include "output.hpp"

namespace muster_tool {
namespace {

constexpr std::array kCommands{
    add_ls,    add_show,  add_tasks,   add_summary, add_deaths, add_top,
    add_stack, add_trace, add_metrics, add_web,     add_check,  add_doctor,
};

int run(int argc, char** argv) {
  std::ostringstream out;
  std::string complaint;
  int exit_code = 0;
  const auto wanted = parse_command_line(argc, argv, kCommands, out, complaint, exit_code);
  if (!wanted) {
    if (exit_code == 0) return static_cast<int>(print(out.str()));
    complain(complaint);
    return exit_code;
  }
  return static_cast<int>((*wanted)());
}

}  // namespace
}  // namespace muster_tool

int main(int argc, char** argv) {
  ::signal(SIGXFSZ, SIG_IGN);  // where ulimit -f is too small, a call says so
  try {
    return muster_tool::run(argc, argv);
  } catch (const std::exception& error) {
    return static_cast<int>(muster_tool::tell(error));
  }
}
