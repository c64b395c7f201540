#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include <muster/inspect.hpp>

#include "exit_code.hpp"

namespace muster_tool {

// What the command line asks for: set by the command that was named.
using Run = std::function<ExitCode()>;

// What every command takes.
struct CommonOptions {
  bool json = false;
  bool all_users = false;

  muster::InspectOptions inspect() const { return {.all_users = all_users}; }
};

// Each adds one command to the program, with its options; `run` is what to do where it is named.
void add_ls(CLI::App& app, Run& run);
void add_show(CLI::App& app, Run& run);
void add_tasks(CLI::App& app, Run& run);
void add_summary(CLI::App& app, Run& run);
void add_deaths(CLI::App& app, Run& run);
void add_top(CLI::App& app, Run& run);
void add_stack(CLI::App& app, Run& run);
void add_trace(CLI::App& app, Run& run);
void add_metrics(CLI::App& app, Run& run);
void add_web(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);

// Adds --json and --all-users to it.
void add_common(CLI::App& command, CommonOptions& options);
void add_all_users(CLI::App& command, bool& all_users);

}  // namespace muster_tool
