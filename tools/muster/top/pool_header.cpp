#include "pool_header.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "screen_text.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

using muster::PoolInfo;
using muster::PoolStats;

// "deaths 2".
Line fact(std::string_view name, std::string value, Style style = Style::strong) {
  Line line(std::string(name) + " ", Style::dim);
  return line.add(std::move(value), style);
}

Line identity(const PoolInfo& pool, std::size_t width) {
  const std::string supervisor =
      pool.supervisor_pid == 0 ? "gone" : std::to_string(pool.supervisor_pid);
  return join({Line(screen_text(pool.name), Style::strong),
               Line(std::string(to_string(pool.state)), style_of(pool.state)),
               fact("age", muster_tool::describe(pool.age)),
               fact("client", fmt::format("{} ({})", pool.client_pid, screen_text(pool.command))),
               fact("supervisor", supervisor), fact("id", pool.id)},
              width);
}

Line workers(const PoolInfo& pool, std::size_t width) {
  const PoolStats& stats = pool.stats;
  const bool all = pool.workers_alive == stats.workers.size();
  std::vector<Line> parts{
      fact("workers", fmt::format("{}/{}", pool.workers_alive, stats.workers.size()),
           all ? Style::strong : Style::warning),
      fact("queued", std::to_string(stats.queued)), fact("running", std::to_string(stats.running)),
      fact("deaths", std::to_string(stats.deaths), stats.deaths == 0 ? Style::strong : Style::bad)};
  if (stats.behind != 0) {
    parts.push_back(fact("behind, in the client", std::to_string(stats.behind)));
  }
  if (stats.restarts != 0) parts.push_back(fact("restarts", std::to_string(stats.restarts)));
  return join(parts, width);
}

Line tasks(const PoolModel& model, std::size_t width) {
  const PoolStats& stats = model.pool().stats;
  const auto failing = model.failed_per_second();
  std::vector<Line> parts{
      fact("done/s", short_number(model.done_per_second())),
      fact("failed/s", short_number(failing), failing.value_or(0) > 0 ? Style::bad : Style::strong),
      fact("submitted", std::to_string(stats.submitted)),
      fact("finished", std::to_string(stats.finished)),
      fact("failed", std::to_string(stats.failed))};
  if (stats.cancelled != 0) parts.push_back(fact("cancelled", std::to_string(stats.cancelled)));
  if (stats.requeued != 0) parts.push_back(fact("run again", std::to_string(stats.requeued)));
  return join(parts, width);
}

Line quantile_pair(std::string_view name, const std::optional<Quantiles>& times) {
  const auto p50 = times ? std::optional(times->p50) : std::nullopt;
  const auto p99 = times ? std::optional(times->p99) : std::nullopt;
  Line line = fact(fmt::format("{} p50", name), describe(p50));
  return line.add(" p99 ", Style::dim).add(describe(p99), Style::strong);
}

Line times(const PoolModel& model, std::size_t width) {
  const PoolStats& stats = model.pool().stats;
  std::string memory = describe_bytes(stats.shared_memory_bytes);
  if (stats.max_shared_memory != 0) memory += " of " + describe_bytes(stats.max_shared_memory);
  std::vector<Line> parts{quantile_pair("run", model.run_time()),
                          quantile_pair("queue", model.queue_time()), fact("memory", memory)};
  if (stats.sampling > 1) {
    parts.push_back(fact("timed", fmt::format("1 in {}", stats.sampling)));
  }
  return join(parts, width);
}

// A graph with a legend at its left that says how much its height is.
Page graph_of(std::string_view name, const History& history, std::size_t width,
              std::size_t height) {
  constexpr std::size_t kLegend = 14;
  const std::size_t room = width > kLegend ? width - kLegend : 0;
  const std::vector<double> values = history.last(room);
  const double greatest = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  Page page;
  for (const std::string& row : graph(values, room, height)) {
    const std::string legend =
        page.empty() ? fmt::format("{} {}", name, short_number(greatest)) : std::string();
    Line line(fit(legend, kLegend), Style::dim);
    page.push_back(line.add(row, Style::graph));
  }
  return page;
}

Page graphs(const PoolModel& model, std::size_t width, std::size_t height) {
  constexpr std::size_t kGap = 2;
  const std::size_t left = (width - std::min(width, kGap)) / 2;
  Page page = graph_of("done/s", model.throughput(), left, height);
  const Page right = graph_of("queued", model.queue_depth(), width - kGap - left, height);
  for (std::size_t i = 0; i < page.size(); ++i) {
    page[i].add(std::string(kGap, ' '));
    page[i].add(right[i]);
  }
  return page;
}

}  // namespace

Page pool_header(const PoolModel& model, Size screen) {
  Page page{identity(model.pool(), screen.columns), workers(model.pool(), screen.columns)};
  if (screen.rows >= 12) page.push_back(tasks(model, screen.columns));
  if (screen.rows >= 14) page.push_back(times(model, screen.columns));
  if (screen.rows >= 18) {
    const std::size_t height = screen.rows >= 40 ? 4 : screen.rows >= 24 ? 2 : 1;
    for (Line& line : graphs(model, screen.columns, height)) page.push_back(std::move(line));
  }
  if (screen.rows >= 20) page.emplace_back();
  return page;
}

Page pool_summary(const PoolModel& model) {
  constexpr auto kNoLimit = static_cast<std::size_t>(-1) / 2;
  return {identity(model.pool(), kNoLimit), workers(model.pool(), kNoLimit), tasks(model, kNoLimit),
          times(model, kNoLimit), Line()};
}

}  // namespace muster_tool::top
