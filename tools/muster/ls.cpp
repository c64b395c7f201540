// muster ls: the pools.

#include <memory>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "list_page.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "turns.hpp"

namespace muster_tool {

namespace {

using muster::PoolList;

struct Options : CommonOptions {
  std::optional<muster::Duration> interval;
};

ExitCode show(const PoolList& earlier, const PoolList& list, const Options& options, bool first) {
  if (options.json) {
    return print(list_document(earlier, list, options.interval ? Layout::line : Layout::page));
  }
  if (list.pools.empty()) {
    complain(options.all_users ? "there are no pools that can be seen"
                               : "this user has no pools that can be seen");
    return ExitCode::fine;
  }
  return print((first ? "" : "\n") + list_page(earlier, list));
}

ExitCode run_ls(const Options& options) {
  Turns turns(options.interval);
  PoolList earlier = muster::list_pools(options.inspect());
  tell_unseen(earlier);
  for (bool first = true; turns.next(); first = false) {
    PoolList list = muster::list_pools(options.inspect());
    const ExitCode code = show(earlier, list, options, first);
    if (code != ExitCode::fine) return code;
    earlier = std::move(list);
  }
  return ExitCode::fine;
}

}  // namespace

void add_ls(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("ls", "List the pools");
  add_common(*command, *options);
  add_interval(*command, options->interval);
  command->callback([options, &run] { run = [options] { return run_ls(*options); }; });
}

}  // namespace muster_tool
