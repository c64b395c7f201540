#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <muster/duration.hpp>

namespace muster_tool {

// Names come from other programs: what is not UTF-8, and what a terminal would act on, becomes a
// question mark.
std::string printable(std::string_view text);

// The same, but different texts stay different: such a byte becomes "\x1b", and a backslash two.
std::string escaped(std::string_view text);

// Columns that printable text takes, counting a code point as one.
std::size_t width(std::string_view text);

// Printable text in so many columns at most, cut with an ellipsis to say so.
std::string shortened(std::string_view text, std::size_t columns);

// Rounded to two digits or more, or cut to two units: "850 ns", "1.2 us", "85 us", "1.2 s", "3m
// 07s", "2h 05m", "4d 03h".
std::string describe(muster::Duration duration);

// "12.5 MiB".
std::string describe_bytes(std::uint64_t bytes);

// "12.5", "1283", "-" where it is not known.
std::string describe_rate(std::optional<double> rate);

// "1 death", "2 deaths".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// In UTC, as RFC 3339 has it, to the microsecond.
std::string rfc3339(std::chrono::system_clock::time_point moment);

}  // namespace muster_tool
