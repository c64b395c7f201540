#pragma once

#include <optional>
#include <string>

#include <muster/duration.hpp>
#include <muster/histogram.hpp>

namespace muster_tool::top {

// Numbers as they stand on a screen; "-" where they are not known.

// In few characters: "0", "0.4", "17", "950", "1.2k", "3.4M".
std::string short_number(double number);
std::string short_number(std::optional<double> number);

// "97.3".
std::string percent(std::optional<double> fraction);

// Half of the tasks, and all but one in a hundred, took less.
struct Quantiles {
  muster::Duration p50;
  muster::Duration p99;
};

// None where nothing was counted.
std::optional<Quantiles> quantiles(const muster::LatencyHistogram& histogram);
std::string describe(const std::optional<muster::Duration>& duration);

}  // namespace muster_tool::top
