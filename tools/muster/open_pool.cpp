#include "open_pool.hpp"

#include <algorithm>
#include <vector>

#include "lib/inspect/choice.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::PoolInspector;
using muster::UnreadablePool;

// So many columns leave a line of `ls` readable.
constexpr std::size_t kNameShown = 32;

bool is_called(std::string_view name, std::string_view words) {
  return name == words || shown_name(name) == words || printable(name) == words;
}

}  // namespace

std::string shown_name(std::string_view name) { return shortened(printable(name), kNameShown); }

PoolInspector open_pool(const std::string& words, const muster::InspectOptions& options) {
  try {
    return PoolInspector(words, options);
  } catch (const PoolInspector::NotFound&) {
    muster::PoolList list = muster::list_pools(options);
    std::erase_if(list.pools, [&](const PoolInfo& pool) { return !is_called(pool.name, words); });
    // Those that have the very name were several, or have come since.
    const bool exact = std::ranges::find(list.pools, words, &PoolInfo::name) != list.pools.end();
    if (exact) throw;
    if (list.pools.size() == 1) return PoolInspector(list.pools.front().id, options);
    if (list.pools.size() > 1) {
      std::vector<muster::detail::PoolName> names;
      for (const PoolInfo& pool : list.pools) {
        names.push_back(
            {pool.id, pool.name, {.pid = pool.client_pid, .user = 0, .command = pool.command}});
      }
      throw PoolInspector::NotFound(muster::detail::several(words, names));
    }
    for (const UnreadablePool& pool : list.unreadable) {
      if (is_called(pool.name, words)) {
        throw PoolInspector::NotReadable(describe(pool), pool.reason);
      }
    }
    throw;
  }
}

}  // namespace muster_tool
