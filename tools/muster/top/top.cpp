// muster top: pools and workers as they go, on the whole terminal.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

#include "full_screen.hpp"
#include "plain.hpp"
#include "pool_row.hpp"
#include "session.hpp"
#include "terminal.hpp"
#include "tools/muster/command.hpp"
#include "tools/muster/pool_option.hpp"
#include "tools/muster/turns.hpp"
#include "tools/muster/usage_error.hpp"
#include "worker_row.hpp"

namespace muster_tool {

namespace {

struct Options : CommonOptions {
  std::string pool;
  std::optional<muster::Duration> interval;
  bool once = false;
  std::string sort;
};

template <class Row>
std::string words_of(std::span<const top::Column<Row>> columns) {
  std::string words;
  for (const auto& column : columns) {
    words += (words.empty() ? "" : ", ") + std::string(column.word);
  }
  return words;
}

// Of workers where a pool is named. Else the list of pools comes first, and workers may follow.
void check_sort(const Options& options) {
  if (options.sort.empty()) return;
  const bool of_workers = top::find_column(top::worker_columns(), options.sort).has_value();
  const bool of_pools = top::find_column(top::pool_columns(), options.sort).has_value();
  if (of_workers || (of_pools && options.pool.empty())) return;
  std::string words = "workers can be sorted by " + words_of(top::worker_columns());
  if (options.pool.empty()) words += "; pools by " + words_of(top::pool_columns());
  throw UsageError(fmt::format("there is no column \"{}\": {}", options.sort, words));
}

ExitCode run_top(const Options& options) {
  check_sort(options);
  const top::Options wanted{.inspect = options.inspect(),
                            .pool = options.pool,
                            .interval = options.interval,
                            .sort = options.sort};
  const bool utf8 = top::use_locale();
  const auto repeat = options.once ? std::nullopt : options.interval;
  if (options.json) return print_pages(wanted, top::Form::json, repeat);

  int signal = 0;
  {
    // Before the terminal: what is wrong with the pool is said where one reads it.
    std::optional<top::Session> session;
    if (!options.once && top::Terminal::is_there()) session.emplace(wanted);
    const auto terminal = session ? top::Terminal::open(utf8) : nullptr;
    if (terminal == nullptr) {
      return print_pages(wanted, utf8 ? top::Form::text : top::Form::text_in_ascii, repeat);
    }
    signal = show(*terminal, *session);
  }
  if (signal != 0) top::end_by(signal);
  return ExitCode::fine;
}

}  // namespace

void add_top(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("top", "Show pools and workers as they go, on the whole terminal");
  add_pool(*command, options->pool);
  add_common(*command, *options);
  add_interval(*command, options->interval);
  command->add_flag("--once", options->once, "Print it once, as plain text");
  command->add_option("--sort", options->sort, "A column, as in \"run-time\"")->type_name("COLUMN");
  command->callback([options, &run] { run = [options] { return run_top(*options); }; });
}

}  // namespace muster_tool
