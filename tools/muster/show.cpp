// muster show: one pool and its workers.

#include <memory>
#include <string>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "each_look.hpp"
#include "option_values.hpp"
#include "pool_option.hpp"
#include "show_page.hpp"
#include "stuck.hpp"

namespace muster_tool {

namespace {

struct Options : RepeatedOptions {
  muster::Duration stuck_after = kStuckAfter;
};

ExitCode run_show(const Options& options) {
  return at_each_look(options, [&](const Look& look) {
    const Rates rates(look.before, look.now);
    return options.json
               ? document("pool", show_json(look.now, rates, options.stuck_after), look.layout)
               : show_page(look.now, rates, options.stuck_after);
  });
}

}  // namespace

void add_show(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("show", "Show one pool and its workers");
  add_repeated(*command, *options);
  add_duration(*command, "--stuck-after",
               "A worker that has run one task for longer is called stuck (10m)",
               [options](muster::Duration duration) { options->stuck_after = duration; });
  command->callback([options, &run] { run = [options] { return run_show(*options); }; });
}

}  // namespace muster_tool
