#pragma once

#include <string>

#include <muster/inspect.hpp>

#include "json.hpp"
#include "rates.hpp"

namespace muster_tool {

// A pool and its workers, for people.
std::string show_page(const muster::PoolInfo& pool, const Rates& rates,
                      muster::Duration stuck_after);

// The same for programs.
Json show_json(const muster::PoolInfo& pool, const Rates& rates, muster::Duration stuck_after);

}  // namespace muster_tool
