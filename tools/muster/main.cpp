// muster: looks at the pools that run on this machine, from outside and without touching them.

#include <exception>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <muster/version.hpp>

#include "commands.hpp"
#include "output.hpp"

namespace muster_tool {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 fine, 2 usage, 3 no such pool or several, 4 no permission,\n"
    "5 a pool of another version of Muster, 6 output or /proc failed.";

int run(int argc, char** argv) {
  CLI::App app("Shows the process pools of this user, without stopping them.", "muster");
  app.set_version_flag("--version",
                       fmt::format("muster {}.{}.{}", MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR,
                                   MUSTER_VERSION_PATCH),
                       "Print the version and exit");
  app.require_subcommand(1);
  app.footer(kFooter);

  bool json = false;
  std::string pool;
  const std::string about_json = "Print a JSON document: seconds, bytes, RFC 3339 times";
  CLI::App* ls = app.add_subcommand("ls", "List the pools");
  ls->add_flag("--json", json, about_json);
  CLI::App* show = app.add_subcommand("show", "Show one pool and its workers");
  show->add_option("POOL", pool, "Its name, or the pid of any of its processes")->required();
  show->add_flag("--json", json, about_json);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream complaint;
    // Help and the version come this way, too.
    if (app.exit(error, out, complaint) == 0) return static_cast<int>(print(out.str()));
    complain(fmt::format("{}; \"muster --help\" says how it is used", error.what()));
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(ls->parsed() ? list_pools(json) : show_pool(pool, json));
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
