#pragma once

#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool {

// Sentences about what cannot be seen.

// Complains of every pool that cannot be read and of processes that cannot be looked into.
void tell_unseen(const muster::PoolList& list);
void tell_hidden(const std::vector<muster::ProcessName>& hidden);

}  // namespace muster_tool
