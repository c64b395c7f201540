#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/duration.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

// As PoolInspector::stack() says, which throws the same. The protocol stands in stack_record.hpp.
std::vector<std::uintptr_t> read_stack(const LoadedPool& pool, std::size_t worker,
                                       Duration patience);

}  // namespace muster::detail
