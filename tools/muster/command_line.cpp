#include "command_line.hpp"

#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <muster/version.hpp>

#include "exit_code.hpp"

namespace muster_tool {

namespace {

constexpr const char* kFooter =
    "Exit codes: 0 fine, 2 usage, 3 no such pool or several, 4 no permission,\n"
    "5 a pool of another version of Muster, 6 output or /proc failed.";

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, std::ostream& out,
                                              std::string& complaint, int& exit_code) {
  CLI::App app("Shows the process pools of this user, without stopping them.", "muster");
  app.set_version_flag("--version",
                       fmt::format("muster {}.{}.{}", MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR,
                                   MUSTER_VERSION_PATCH),
                       "Print the version and exit");
  app.require_subcommand(1);
  app.footer(kFooter);

  CommandLine wanted;
  const std::string about_json = "Print a JSON document: seconds, bytes, RFC 3339 times";
  CLI::App* ls = app.add_subcommand("ls", "List the pools");
  ls->add_flag("--json", wanted.json, about_json);
  CLI::App* show = app.add_subcommand("show", "Show one pool and its workers");
  show->add_option("POOL", wanted.pool, "Its name, or the pid of any of its processes")->required();
  show->add_flag("--json", wanted.json, about_json);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream unused;
    exit_code = static_cast<int>(ExitCode::fine);
    // Help and the version come this way, too.
    if (app.exit(error, out, unused) == 0) return std::nullopt;
    complaint = fmt::format("{}; \"muster --help\" says how it is used", error.what());
    exit_code = static_cast<int>(ExitCode::usage);
    return std::nullopt;
  }
  wanted.list = ls->parsed();
  return wanted;
}

}  // namespace muster_tool
