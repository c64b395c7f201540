#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "address.hpp"

namespace muster_tool::http {

// Adds --listen; calls `set` where it was given.
CLI::Option* add_listen(CLI::App& command, const std::string& about,
                        std::function<void(Address)> set);

// Adds --token, which can also be set by the variable of that name. Whatever is given is taken:
// variables are read for all commands, and one that is of no use to any other must not end it.
CLI::Option* add_token(CLI::App& command, const std::string& variable, const std::string& about,
                       std::string& token);
// Throws UsageError where what was given to `add_token` could be guessed, or needs quoting. For the
// command that is about to ask for it.
void check_token(const CLI::App& command, const CLI::Option& token);

}  // namespace muster_tool::http
