#include "measurement.hpp"

#include <algorithm>

#include "lib/inspect/list_pools.hpp"
#include "open_pool.hpp"

namespace muster_tool {

Measurement measure(const std::string& pool, const muster::InspectOptions& options) {
  using muster::detail::read_metrics;
  Measurement seen;
  if (!pool.empty()) {
    muster::PoolInspector inspector = open_pool(pool, options);
    seen.pools.push_back(
        {inspector.look(), read_metrics(muster::detail::InspectorAccess::pool(inspector).views())});
    return seen;
  }
  seen.unseen = muster::detail::visit_pools(options, [&](muster::PoolInfo info, const auto& views) {
    seen.pools.push_back({std::move(info), read_metrics(views)});
  });
  std::ranges::sort(seen.pools, {}, [](const MeasuredPool& one) {
    return muster::detail::client_and_age(one.info);
  });
  return seen;
}

}  // namespace muster_tool
