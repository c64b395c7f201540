#include "steps/pool_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lib/inspect/pool_finder.hpp"

namespace steps {

muster::detail::LoadedPool load_own_pool(const std::string& name) {
  for (const auto& found : muster::detail::find_pools().pools) {
    if (found.name != name || !std::ranges::count(found.holders, ::getpid())) continue;
    muster::detail::PoolLoad load = muster::detail::load_pool(found);
    if (load.pool) return std::move(*load.pool);
  }
  throw std::runtime_error("the memory of pool \"" + name + "\" was not found in /proc");
}

}  // namespace steps
