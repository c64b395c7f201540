#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "address.hpp"

namespace muster_tool::http {

// Adds --listen; calls `set` where it was given.
CLI::Option* add_listen(CLI::App& command, const std::string& about,
                        std::function<void(Address)> set);

// Adds --token, which can also be set by the variable of that name.
CLI::Option* add_token(CLI::App& command, const std::string& variable, const std::string& about,
                       std::string& token);

}  // namespace muster_tool::http
