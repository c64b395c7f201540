#include "steps/pool_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
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

muster::detail::ControlView own_control(const std::string& name,
                                        const muster::detail::Geometry& geometry) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    if (line.find(" rw-s ") == std::string::npos ||
        line.find("/memfd:muster:" + name + ":control") == std::string::npos ||
        std::sscanf(line.c_str(), "%lx-", &begin) != 1) {
      continue;
    }
    return {reinterpret_cast<std::byte*>(begin), geometry};  // NOLINT: what the kernel says
  }
  throw std::runtime_error("this process may not write the memory of pool \"" + name + "\"");
}

}  // namespace steps
