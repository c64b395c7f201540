#pragma once

#include <string>
#include <string_view>

#include "bench/statistics.hpp"

namespace bench {

// What a number counts. Values are kept in these units as they are, and scaled for the reader.
enum class Unit { per_second, bytes_per_second, seconds, bytes, count };

// "per_second", "bytes_per_second", "seconds", "bytes", "count".
std::string_view unit_name(Unit unit);

// "151 ns", "12.3 M/s", "410 KiB", "0.00031": three significant digits.
std::string format_value(double value, Unit unit);

// "151 ns [150 .. 155]", with all three in the unit of the median.
std::string format_spread(const Spread& spread, Unit unit);

// "2.13", "54" for how many times one is of the other, which is at least 1: a difference that there
// is shows, with more digits where it takes them.
std::string format_times(double times);

}  // namespace bench
