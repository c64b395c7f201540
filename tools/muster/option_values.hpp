#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <muster/duration.hpp>

namespace muster_tool {

// Options whose values are told from what only looks like one, with a sentence. Each calls `set`
// where the option was given.

// See duration_text.hpp.
CLI::Option* add_duration(CLI::App& command, const std::string& name, const std::string& about,
                          std::function<void(muster::Duration)> set);
// A whole number that is not negative.
CLI::Option* add_count(CLI::App& command, const std::string& name, const std::string& about,
                       std::function<void(std::uint64_t)> set);

// Whether it was given there, and not by its variable.
bool is_on_command_line(const CLI::App& command, const CLI::Option& option);
// Throws UsageError where it is on the command line, though it has no effect there: `why`. Its
// variable may be set, which is so for all that a user starts.
void refuse_without_effect(const CLI::App& command, const CLI::Option& option,
                           std::string_view why);

// Refuses "": a variable of a script that is not set names no file.
inline const CLI::Validator kFileName(
    [](const std::string& name) { return std::string(name.empty() ? "a file has a name" : ""); },
    "");
// Refuses "", which no task is called: whoever has no pattern leaves the option out.
inline const CLI::Validator kPattern(
    [](const std::string& glob) {
      return std::string(glob.empty() ? "no task has an empty name; \"*\" is like all names" : "");
    },
    "");

}  // namespace muster_tool
