#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <muster/duration.hpp>
#include <muster/stats.hpp>

#include "lib/inspect/survey.hpp"

namespace muster_tool {

// Names come from other programs: what is not UTF-8, and what a terminal would act on, becomes a
// question mark.
std::string printable(std::string_view text);

// Columns that printable text takes, counting a code point as one.
std::size_t width(std::string_view text);

// Two leading units: "85 us", "1.2 s", "3m 07s", "2h 05m", "4d 03h".
std::string describe(muster::Duration duration);

// "12.5 MiB".
std::string describe_bytes(std::uint64_t bytes);

// A time since 1970 in UTC as RFC 3339 has it, to the microsecond.
std::string rfc3339(std::int64_t realtime_ns);

std::string_view word(muster::WorkerState state);
std::string_view word(muster::detail::PoolCondition condition);

}  // namespace muster_tool
