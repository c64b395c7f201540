#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace muster_tool {

// Adds POOL, which muster::PoolInspector makes sense of.
inline CLI::Option* add_pool(CLI::App& command, std::string& pool) {
  return command.add_option(
      "POOL", pool, "Its name, 4 digits or more of its id, or the pid of any of its processes");
}

}  // namespace muster_tool
