#include "list_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "open_pool.hpp"
#include "rates.hpp"
#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::PoolList;

constexpr std::size_t kIdShown = 8;  // of its 16 digits

// As it was at the look before; as it is, where it is new.
const PoolInfo& before(const PoolList& list, const PoolInfo& pool) {
  const auto place = std::find_if(list.pools.begin(), list.pools.end(),
                                  [&](const PoolInfo& other) { return other.id == pool.id; });
  return place == list.pools.end() ? pool : *place;
}

std::string quantile(const muster::LatencyHistogram& times, double q) {
  return times.empty() ? "-" : describe(times.quantile(q));
}

}  // namespace

std::string list_page(const PoolList& earlier, const PoolList& list) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"NAME"},           {"ID"},
              {"CLIENT", kRight}, {"COMMAND"},
              {"STATE"},          {"WORKERS", kRight},
              {"QUEUED", kRight}, {"RUNNING", kRight},
              {"DONE/S", kRight}, {"P50", kRight},
              {"P99", kRight},    {"FAILED", kRight},
              {"DEATHS", kRight}, {"AGE", kRight}};
  for (const PoolInfo& pool : list.pools) {
    const muster::PoolStats& stats = pool.stats;
    const Rates rates(before(earlier, pool), pool);
    table.add({shown_name(pool.name), pool.id.substr(0, kIdShown), std::to_string(pool.client_pid),
               printable(pool.command), std::string(to_string(pool.state)),
               fmt::format("{}/{}", pool.workers_alive, stats.workers.size()),
               std::to_string(stats.queued), std::to_string(stats.running),
               describe_rate(rates.done_per_second()), quantile(stats.run_time, 0.5),
               quantile(stats.run_time, 0.99), std::to_string(stats.failed),
               std::to_string(stats.deaths), describe(pool.age)});
  }
  return table.str();
}

std::string list_document(const PoolList& earlier, const PoolList& list, Layout layout) {
  Json members = {{"pools", Json::array()}};
  for (const PoolInfo& pool : list.pools) {
    members["pools"].push_back(summary_json(pool, Rates(before(earlier, pool), pool)));
  }
  add_unseen(members, list);
  return document(members, layout);
}

}  // namespace muster_tool
