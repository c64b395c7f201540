#include "open_pool.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "notes.hpp"
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

std::string several(std::string_view words, const std::vector<PoolInfo>& pools) {
  std::string text = fmt::format("\"{}\" can mean {} pools: ", printable(words), pools.size());
  for (const PoolInfo& pool : pools) {
    text += fmt::format("{}{} \"{}\" of client {} ({})", &pool == &pools.front() ? "" : ", ",
                        pool.id.substr(0, 8), printable(pool.name), pool.client_pid,
                        printable(pool.command));
  }
  return text + fmt::format("; say the beginning of its id, as in \"muster show {}\"",
                            pools.front().id.substr(0, 8));
}

[[noreturn]] void refuse(const UnreadablePool& pool) {
  throw PoolInspector::NotReadable(describe(pool), pool.reason);
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
    if (list.pools.size() > 1) throw PoolInspector::NotFound(several(words, list.pools));
    if (list.pools.size() == 1) return PoolInspector(list.pools.front().id, options);
    for (const UnreadablePool& pool : list.unreadable) {
      if (is_called(pool.name, words)) refuse(pool);
    }
    throw;
  }
}

}  // namespace muster_tool
