#include "fuzz/tool_output.hpp"

#include <algorithm>
#include <chrono>
#include <clocale>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "fuzz/require.hpp"
#include "tools/muster/findings.hpp"
#include "tools/muster/json.hpp"
#include "tools/muster/list_page.hpp"
#include "tools/muster/measurement.hpp"
#include "tools/muster/metric_families.hpp"
#include "tools/muster/notes.hpp"
#include "tools/muster/show_page.hpp"
#include "tools/muster/task_choice.hpp"
#include "tools/muster/text.hpp"
#include "tools/muster/top/page.hpp"
#include "tools/muster/top/pool_header.hpp"
#include "tools/muster/top/pool_model.hpp"
#include "tools/muster/top/screen_text.hpp"
#include "tools/muster/top/table_model.hpp"
#include "tools/muster/top/task_history.hpp"
#include "tools/muster/top/worker_page.hpp"
#include "tools/muster/trace_text.hpp"
#include "tools/muster/web/documents.hpp"
#include "tools/muster/web/task_events.hpp"

namespace fuzz {

namespace {

using namespace std::chrono_literals;
namespace top = muster_tool::top;
namespace web = muster_tool::web;

// printable() takes long, and of plain characters it is known what it does: they need not all be
// there.
bool is_text(std::string page) {
  std::ranges::replace(page, '\n', ' ');
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  const auto end = std::unique(page.begin(), page.end(),
                               [&](char before, char c) { return plain(before) && plain(c); });
  page.erase(end, page.end());
  return muster_tool::printable(page) == page;
}

bool is_document(const std::string& text) {
  return !nlohmann::json::parse(text, nullptr, false).is_discarded();
}

void require_metrics(const std::string& text) {
  require(is_text(text), "metrics are text");
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    require(text.compare(at, 2, "# ") == 0 || text.compare(at, 7, "muster_") == 0,
            "each line is a metric, or about one");
  }
}

void require_screen(const top::Page& page) {
  const std::string text = top::plain_text(page);
  require(is_text(text), "a screen is text");
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  require(std::ranges::all_of(top::to_ascii(text), is_ascii), "a screen can be had in ASCII");
  constexpr top::Size kSize{24, 80};
  const top::Page fits = top::fit_page(page, kSize);
  require(fits.size() == kSize.rows, "a screen has all of its lines");
  for (const top::Line& line : fits) {
    require(line.width() == kSize.columns, "a line goes from side to side");
  }
}

void print_tasks(const std::vector<muster::TaskInfo>& tasks) {
  const auto all = muster_tool::choose_tasks(tasks, {}, tasks.size());
  require(all.more == 0 && all.tasks.size() == tasks.size(), "all tasks are chosen");
  for (const muster::TaskInfo& task : all.tasks) {
    const auto document = muster_tool::dump(muster_tool::to_json(task), muster_tool::Layout::line);
    require(is_document(document), "a task's document is JSON");
  }
  const muster_tool::TaskFilter filter{.state = std::nullopt, .older_than = 1s, .name = "*[a-p]*"};
  const auto some = muster_tool::choose_tasks(tasks, filter, 1);
  require(some.tasks.size() + some.more + some.not_timed <= tasks.size(),
          "no task is chosen twice");
}

template <class Row>
void draw_table(std::span<const top::Column<Row>> columns, const std::vector<Row>& rows) {
  top::TableModel<Row> table(columns);
  table.set_rows(rows);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    table.sort_by(i);
    require_screen(table.lines(80, 10));
  }
  require_screen(table.all_lines());
  table.set_filter("e");
  require_screen(table.lines(20, 3));
}

}  // namespace

void print_pages(const muster::PoolInfo& before, const muster::PoolInfo& now,
                 const std::vector<muster::TaskInfo>& tasks) {
  const muster_tool::Rates rates(before, now);
  require(is_text(muster_tool::show_page(now, rates, 10min)), "a pool's page is text");
  require(is_document(muster_tool::document("pool", muster_tool::show_json(now, rates, 10min))),
          "a pool's document is JSON");
  for (const std::string& finding :
       muster_tool::findings(now, muster_tool::measure(now, {}, {}), {})) {
    require(is_text(finding), "a finding is text");
  }
  const auto dumped = [](const muster_tool::Json& json) {
    return muster_tool::dump(json, muster_tool::Layout::line);
  };
  for (const muster::TaskNameStats& task : now.stats.tasks) {
    require(is_document(dumped(muster_tool::to_json(task))), "what is told of a name is JSON");
  }
  for (const muster::DeathStats& death : now.stats.last_deaths) {
    require(is_document(dumped(muster_tool::to_json(death))), "a death's document is JSON");
  }
  print_tasks(tasks);
}

void print_list(const muster::PoolList& list) {
  require(is_text(muster_tool::list_page(list, list)), "a list is text");
  const auto document = muster_tool::list_document(list, list, muster_tool::Layout::page);
  const auto json = nlohmann::json::parse(document, nullptr, false);
  require(!json.is_discarded(), "a list is a JSON document");
  require(json["pools"].size() == list.pools.size(), "a list has every pool");
  require(is_document(web::pools_document(list)), "the browser's list is JSON");
  for (const muster::UnreadablePool& pool : list.unreadable) {
    require(is_text(muster_tool::printable(muster::describe(pool))),
            "what is said of a pool that is skipped is text");
  }
}

void print_trace(const std::vector<muster::TaskEvent>& events, const muster::PoolInfo& pool) {
  constexpr muster_tool::TraceTime kEnd = 1'000'000'000'000;
  const auto trace = muster_tool::make_trace(events, pool, {0, kEnd});
  require(is_document(trace_text(trace, pool, 0)), "a trace is JSON");
  std::map<std::size_t, muster_tool::TraceTime> free;
  for (const muster_tool::TraceSlice& slice : trace.slices) {
    require(slice.begin >= free[slice.worker] && slice.end > slice.begin,
            "the tasks of a worker do not overlap");
    free[slice.worker] = slice.end;
  }
}

void print_screens(const muster::PoolInfo& before, const muster::PoolInfo& now,
                   const std::vector<muster::TaskEvent>& events) {
  // Widths are the locale's to say.
  static const bool wide = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  require(wide, "there is a locale of all scripts");
  top::PoolModel model;
  model.add(before);
  model.add(now);
  require_screen(top::pool_header(model, {24, 80}));
  require_screen(top::pool_header(model, {8, 30}));
  require_screen(top::pool_summary(model));
  draw_table(top::worker_columns(), model.workers());
  std::map<std::size_t, top::TaskHistory> histories;
  for (const muster::TaskEvent& event : events) {
    if (event.worker) histories[*event.worker].add(event);
  }
  for (const muster::WorkerStats& worker : now.stats.workers) {
    require_screen(top::worker_page(model, worker.index, histories[worker.index], 80));
  }
  top::ListModel list;
  list.add({before});
  list.add({now, before});
  draw_table(top::pool_columns(), list.rows());
}

void print_for_browser(const muster::PoolInfo& before, const muster::PoolInfo& now,
                       const std::vector<muster::TaskEvent>& events) {
  const auto at = std::chrono::system_clock::now();
  const muster::PoolStats& stats = now.stats;
  const web::RecentTimes recent{1s, stats.queue_time.since(before.stats.queue_time),
                                stats.run_time.since(before.stats.run_time)};
  web::TaskEnds ends(1);
  // The second time it tells of some alone.
  const std::string all = ends.document(events, 0);
  const std::string some = ends.document(events, 1);
  require(all.empty() || is_document(all), "ends of tasks are JSON");
  require(is_document(some), "ends of some tasks are JSON");
  for (const std::string& document :
       {web::numbers_document(now, at), web::workers_document(now, at),
        web::detail_document(now, recent), web::ended_document(now, at),
        web::deaths_document(stats.last_deaths,
                             std::vector<web::Described>(stats.last_deaths.size()))}) {
    require(is_document(document), "what the browser is sent is JSON");
    require(document.find('\n') == std::string::npos, "it is a line");
  }
}

void print_metrics(const muster::PoolList& list,
                   const std::vector<muster::detail::MetricValues>& counted) {
  muster_tool::Measurement seen;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    seen.pools.push_back({list.pools[i], counted[i]});
  }
  seen.unseen.unreadable = list.unreadable;
  const auto families = muster_tool::metric_families(seen);
  require_metrics(metric_text(families, muster_tool::MetricFormat::prometheus));
  require_metrics(metric_text(families, muster_tool::MetricFormat::open_metrics));
  require(is_document(muster_tool::dump(to_json(families), muster_tool::Layout::line)),
          "metrics can be a JSON document");
}

}  // namespace fuzz
