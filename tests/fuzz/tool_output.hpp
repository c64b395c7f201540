#pragma once

// What the status tool makes of a pool, and what must hold of it: what goes to a terminal is text,
// what goes to other programs is well-formed.

#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/metric_reader.hpp"

namespace fuzz {

// `before` and `now`: looks at one pool.
void print_pages(const muster::PoolInfo& before, const muster::PoolInfo& now,
                 const std::vector<muster::TaskInfo>& tasks);
void print_list(const muster::PoolList& list);
void print_trace(const std::vector<muster::TaskEvent>& events, const muster::PoolInfo& pool);
// Full screens, with what the events tell of the workers.
void print_screens(const muster::PoolInfo& before, const muster::PoolInfo& now,
                   const std::vector<muster::TaskEvent>& events);
// What the browser is sent.
void print_for_browser(const muster::PoolInfo& before, const muster::PoolInfo& now,
                       const std::vector<muster::TaskEvent>& events);
// `counted`: in each of `list.pools`.
void print_metrics(const muster::PoolList& list,
                   const std::vector<muster::detail::MetricValues>& counted);

}  // namespace fuzz
