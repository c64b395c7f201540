#pragma once

#include <chrono>
#include <optional>

#include <CLI/CLI.hpp>

#include <muster/duration.hpp>

#include "stop_signals.hpp"

namespace muster_tool {

// How long a command looks before it prints a rate where it prints once.
inline constexpr std::chrono::milliseconds kFirstLook{100};

// When a command prints: once, or at an interval until SIGINT or SIGTERM.
class Turns {
 public:
  explicit Turns(std::optional<muster::Duration> interval);

  bool repeats() const { return interval_.has_value(); }
  // Waits until it is time to print: at first for kFirstLook, so that there is a rate to print.
  // False: there is nothing more to print.
  bool next();
  // The next turn is the last one.
  void end() { interval_.reset(); }

 private:
  std::optional<muster::Duration> interval_;
  std::optional<StopSignals> signals_;
  bool first_ = true;
};

// Adds --interval.
void add_interval(CLI::App& command, std::optional<muster::Duration>& interval);

}  // namespace muster_tool
