#pragma once

#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "json.hpp"

namespace muster_tool {

// Options of a command that prints what one pool is like, once or time and again.
struct RepeatedOptions : CommonOptions {
  std::string pool;
  std::optional<muster::Duration> interval;
};

void add_repeated(CLI::App& command, RepeatedOptions& options);

// A look at a pool, and the one before it: 0.1 s or the interval earlier.
struct Look {
  muster::PoolInspector& inspector;
  const muster::PoolInfo& before;
  const muster::PoolInfo& now;
  Layout layout;  // of a document
};

// Prints the text that is made of a look: once, or at the interval until Ctrl-C or the pool's end.
ExitCode at_each_look(const RepeatedOptions& options,
                      const std::function<std::string(const Look&)>& text);

}  // namespace muster_tool
