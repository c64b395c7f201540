#include "command_line.hpp"

#include <memory>
#include <sstream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <muster/version.hpp>

#include "exit_code.hpp"
#include "text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

constexpr const char* kFooter =
    "Exit codes: 0 fine, 1 a finding, 2 usage, 3 no such pool or several, 4 no permission,\n"
    "5 a pool of another version of Muster, 6 output or /proc failed.";

std::string names_of(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

// What is wrong, and who says more.
std::string explain(const CLI::App& app, int argc, char** argv, std::string_view error) {
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->parsed()) continue;
    return fmt::format("{}; \"muster {} --help\" says how it is used", printable(error),
                       command->get_name());
  }
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first.empty()) return fmt::format("say what to do: one of {}", names_of(app));
  if (first.starts_with('-')) {
    return fmt::format("there is no option \"{}\"; \"muster --help\" says which there are",
                       printable(first));
  }
  return fmt::format("there is no command \"{}\"; there are {}", printable(first), names_of(app));
}

}  // namespace

std::optional<Run> parse_command_line(int argc, char** argv, std::span<const AddCommand> commands,
                                      std::ostream& out, std::string& complaint, int& exit_code) {
  CLI::App app("Shows the process pools of this user, without stopping them.", "muster");
  app.set_version_flag("--version", "muster " MUSTER_VERSION, "Print the version and exit");
  app.require_subcommand(1);
  app.footer(kFooter);
  Run run;
  for (const AddCommand add : commands) add(app, run);

  try {
    app.parse(argc, argv);
    return run;
  } catch (const CLI::ParseError& error) {
    std::ostringstream unused;
    exit_code = static_cast<int>(ExitCode::fine);
    // Help and the version come this way, too.
    if (app.exit(error, out, unused) == 0) return std::nullopt;
    complaint = explain(app, argc, argv, error.what());
  } catch (const UsageError& error) {
    complaint = explain(app, argc, argv, error.what());
  }
  exit_code = static_cast<int>(ExitCode::usage);
  return std::nullopt;
}

void add_common(CLI::App& command, CommonOptions& options) {
  command.add_flag("--json", options.json, "Print a JSON document: seconds, bytes, RFC 3339 times");
  add_all_users(command, options.all_users);
}

void add_all_users(CLI::App& command, bool& all_users) {
  command.add_flag("--all-users", all_users,
                   "Pools of other users, too, as far as this one may look (root may)");
}

}  // namespace muster_tool
