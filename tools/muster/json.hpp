#pragma once

// Documents for other programs: times in seconds, sizes in bytes, moments as RFC 3339, null where
// there is nothing. Names of members that are there do not change within a schema; new ones may
// come.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <muster/inspect.hpp>

#include "rates.hpp"

namespace muster_tool {

using Json = nlohmann::ordered_json;

// What it is; `lines`: one line of several, which together are a document each.
enum class Layout { page, line };

// Bytes that are not UTF-8 become U+FFFD: names may be bytes of any kind.
std::string dump(const Json& json, Layout layout);

// {"schema":1, name: value}, with a newline at its end.
std::string document(std::string_view name, Json value, Layout layout = Layout::page);
// The same of an object with more members than one.
std::string document(const Json& members, Layout layout = Layout::page);

Json to_json(const std::vector<muster::ProcessName>& processes);
Json to_json(const muster::UnreadablePool& pool);
// Count, mean, p50, p90, p99 and max.
Json to_json(const muster::LatencyHistogram& histogram);
Json to_json(const muster::SlotCounts& slots);
Json to_json(const muster::FailureStats& failure);
Json to_json(const muster::TaskNameStats& task);
Json to_json(const muster::TaskInfo& task);
// Without its frames.
Json to_json(const muster::DeathStats& death);
// Adds what of the pools and processes there are could not be read.
void add_unseen(Json& members, const muster::PoolList& list);
// What `ls` shows of a pool.
Json summary_json(const muster::PoolInfo& pool, const Rates& rates);
// null: not known.
template <class T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace muster_tool
