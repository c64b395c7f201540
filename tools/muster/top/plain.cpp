#include "plain.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pool_header.hpp"
#include "pool_model.hpp"
#include "pool_row.hpp"
#include "screen_text.hpp"
#include "table_model.hpp"
#include "tools/muster/json.hpp"
#include "tools/muster/notes.hpp"
#include "tools/muster/open_pool.hpp"
#include "tools/muster/output.hpp"
#include "tools/muster/show_page.hpp"
#include "tools/muster/stuck.hpp"
#include "tools/muster/text.hpp"
#include "tools/muster/turns.hpp"
#include "worker_row.hpp"

namespace muster_tool::top {

namespace {

using muster::PoolInfo;

// Prints it, a blank line before all but the first.
ExitCode print_page(const Page& page, Form form, bool first) {
  const std::string text = (first ? "" : "\n") + plain_text(page);
  return print(form == Form::text_in_ascii ? to_ascii(text) : text);
}

// A table of rows, in order.
template <class Row>
Page table_of(std::span<const Column<Row>> columns, std::vector<Row> rows,
              const std::string& sort) {
  TableModel<Row> table(columns);
  if (const auto column = find_column(columns, sort)) table.sort_by(*column);
  table.set_rows(std::move(rows));
  return table.all_lines();
}

Json pool_json(const PoolInfo& before, const PoolModel& model) {
  const PoolInfo& now = model.pool();
  Json json = show_json(now, Rates(before, now), kStuckAfter);
  json["at"] = rfc3339(std::chrono::system_clock::now());
  json["last_interval"] = {
      {"seconds", now.age.seconds() - before.age.seconds()},
      {"done_per_second", maybe(model.done_per_second())},
      {"failed_per_second", maybe(model.failed_per_second())},
      {"queue_time", to_json(now.stats.queue_time.since(before.stats.queue_time))},
      {"run_time", to_json(now.stats.run_time.since(before.stats.run_time))}};
  for (std::size_t i = 0; i < model.workers().size(); ++i) {
    json["workers"][i]["done_per_second"] = maybe(model.workers()[i].done_per_second);
  }
  return json;
}

ExitCode print_pool(const Options& options, Form form, std::optional<muster::Duration> interval) {
  Turns turns(interval);
  const Layout layout = turns.repeats() ? Layout::line : Layout::page;
  muster::PoolInspector inspector = open_pool(options.pool, options.inspect);
  PoolModel model;
  model.add(inspector.look());
  for (bool first = true; turns.next(); first = false) {
    const bool last = !inspector.alive();
    const PoolInfo before = model.pool();
    model.add(inspector.look());
    ExitCode code = ExitCode::fine;
    if (form == Form::json) {
      code = print(document("pool", pool_json(before, model), layout));
    } else {
      Page page = pool_summary(model);
      for (Line& line : table_of(worker_columns(), model.workers(), options.sort)) {
        page.push_back(std::move(line));
      }
      code = print_page(page, form, first);
    }
    if (code != ExitCode::fine) return code;
    if (last && turns.repeats()) {
      complain(fmt::format("pool \"{}\" has ended", printable(model.pool().name)));
      return ExitCode::fine;
    }
  }
  return ExitCode::fine;
}

Json list_json(const muster::PoolList& list, const ListModel& model) {
  Json json = {{"at", rfc3339(std::chrono::system_clock::now())}, {"pools", Json::array()}};
  for (const PoolRow& row : model.rows()) {
    Json pool = summary_json(row.pool, Rates(row.pool, row.pool));
    pool["done_per_second"] = maybe(row.done_per_second);
    json["pools"].push_back(std::move(pool));
  }
  add_unseen(json, list);
  return json;
}

ExitCode print_list(const Options& options, Form form, std::optional<muster::Duration> interval) {
  Turns turns(interval);
  const Layout layout = turns.repeats() ? Layout::line : Layout::page;
  ListModel model;
  muster::PoolList list = muster::list_pools(options.inspect);
  tell_unseen(list);
  model.add(std::move(list.pools));
  for (bool first = true; turns.next(); first = false) {
    list = muster::list_pools(options.inspect);
    model.add(std::move(list.pools));
    ExitCode code = ExitCode::fine;
    if (form == Form::json) {
      code = print(document(list_json(list, model), layout));
    } else if (model.rows().empty()) {
      complain("there are no pools that can be seen");
    } else {
      std::vector<PoolRow> rows = model.rows();
      for (PoolRow& row : rows) row.pool.name = shown_name(row.pool.name);
      code = print_page(table_of(pool_columns(), std::move(rows), options.sort), form, first);
    }
    if (code != ExitCode::fine) return code;
  }
  return ExitCode::fine;
}

}  // namespace

ExitCode print_pages(const Options& options, Form form, std::optional<muster::Duration> interval) {
  return options.pool.empty() ? print_list(options, form, interval)
                              : print_pool(options, form, interval);
}

}  // namespace muster_tool::top
