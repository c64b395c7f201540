#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool::web {

// What the server sends to its page, as JSON in one line: seconds, bytes, moments as seconds since
// 1970. The two are of one program, so it may change with each version.

// As a string of JSON, with its quotation marks; bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);

// All pools that are there, in few words, and what cannot be seen.
std::string pools_document(const muster::PoolList& list);
// What a chart takes from one look.
std::string numbers_document(const muster::PoolInfo& pool,
                             std::chrono::system_clock::time_point at);
std::string workers_document(const muster::PoolInfo& pool,
                             std::chrono::system_clock::time_point at);

struct RecentTimes {
  muster::Duration over;  // the time that they are of
  muster::LatencyHistogram queue_time;
  muster::LatencyHistogram run_time;
};
// Latencies, since the pool was made and of late, tasks by name, failures.
std::string detail_document(const muster::PoolInfo& pool, const RecentTimes& recent);

// The frames of a death, a list of lines each.
using Described = std::vector<std::string>;
// `backtraces`: of each of the deaths.
std::string deaths_document(const std::vector<muster::DeathStats>& deaths,
                            const std::vector<Described>& backtraces);

// "The pool has ended": its name and when.
std::string ended_document(const muster::PoolInfo& pool, std::chrono::system_clock::time_point at);

}  // namespace muster_tool::web
