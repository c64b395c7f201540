#pragma once

#include <cstdint>
#include <string>

#include <muster/inspect.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

// A pool as it is at this moment, of what its memory and /proc say. `found` tells who holds it now.
PoolInfo take_picture(const FoundPool& found, const LoadedPool& pool);

// PoolInfo::id.
std::string id_text(std::uint64_t id);

// Of memory that cannot be read; with `processes` that have it open.
UnreadablePool::Reason reason_of(LoadError error);
UnreadablePool unreadable(const FoundPool& found, LoadError error);

ProcessName name_of(const ProcessInfo& process);

}  // namespace muster::detail
