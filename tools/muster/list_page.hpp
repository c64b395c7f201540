#pragma once

#include <string>

#include <muster/inspect.hpp>

#include "json.hpp"

namespace muster_tool {

// Pools, for people; `earlier` is the look before, by which rates are told.
std::string list_page(const muster::PoolList& earlier, const muster::PoolList& list);

// The same for programs.
std::string list_document(const muster::PoolList& earlier, const muster::PoolList& list,
                          Layout layout);

}  // namespace muster_tool
