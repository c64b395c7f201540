// All pools of this user, or of all, as they are at this moment.

#include "lib/inspect/list_pools.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "lib/inspect/picture.hpp"

namespace muster {

PoolList detail::visit_pools(const InspectOptions& options,
                             const std::function<void(PoolInfo, const PoolViews&)>& see) {
  const PoolSearch search = find_pools(options.all_users);
  if (search.error) throw std::system_error(search.error, "cannot list the processes in /proc");
  PoolList list;
  for (const ProcessInfo& process : search.hidden) {
    list.hidden.push_back(name_of(process));
  }
  for (const FoundPool& found : search.pools) {
    const PoolLoad load = load_pool(found);
    if (load.pool) {
      see(take_picture(found, *load.pool), load.pool->views());
    } else if (load.error != LoadError::gone) {
      UnreadablePool pool = unreadable(found, load.error);
      // None: it has gone meanwhile.
      if (!pool.processes.empty()) list.unreadable.push_back(std::move(pool));
    }
  }
  return list;
}

PoolList list_pools(const InspectOptions& options) {
  std::vector<PoolInfo> pools;
  PoolList list = detail::visit_pools(
      options, [&](PoolInfo pool, const auto&) { pools.push_back(std::move(pool)); });
  list.pools = std::move(pools);
  std::ranges::sort(list.pools, {}, detail::client_and_age);
  return list;
}

}  // namespace muster
