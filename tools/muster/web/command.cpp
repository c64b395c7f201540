// muster web: pools in a browser.

#include "../command.hpp"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "../http/guard.hpp"
#include "../http/options.hpp"
#include "../open_pool.hpp"
#include "../option_values.hpp"
#include "../output.hpp"
#include "../pool_option.hpp"
#include "../stop_signals.hpp"
#include "../usage_error.hpp"
#include "feed.hpp"
#include "journal.hpp"
#include "report.hpp"
#include "server.hpp"

namespace muster_tool {

namespace {

using http::Asked;
using muster::PoolInspector;
using web::Selection;

constexpr double kShortest = 0.05;
constexpr double kLongest = 60;

struct Options {
  std::string pool;
  http::Address listen{"127.0.0.1", 8765};
  double interval = 0.25;
  std::string token;
  std::string save;
  bool all_users = false;
};

Selection select(const Options& options) {
  Selection selection;
  selection.options.all_users = options.all_users;
  if (options.pool.empty()) return selection;
  const muster::PoolInfo pool = open_pool(options.pool, selection.options).look();
  selection.id = pool.id;
  selection.name = pool.name;
  return selection;
}

ExitCode serve(const Options& options, Selection selection) {
  StopSignals stop;
  web::Journal journal;
  const std::string token = options.token.empty() ? http::make_token() : options.token;
  const bool for_all = !options.listen.loopback() || !options.token.empty();
  const web::Server server({.address = options.listen,
                            .token = token,
                            .asked = for_all ? Asked::everybody : Asked::other_users},
                           journal, options.interval);
  const web::Feed feed(journal, std::move(selection),
                       std::chrono::duration<double>(options.interval));
  const std::string page = fmt::format("http://{}/", server.address().str());
  std::string words = fmt::format("Serving {}\n", page);
  if (options.token.empty()) {
    if (for_all) {
      words += fmt::format("It wants a token: {}?token={}\n", page, token);
    } else if (::geteuid() == 0) {
      words += fmt::format("Other users of this machine need {}?token={}\n", page, token);
    }
  }
  const ExitCode printed = print(words);
  if (printed != ExitCode::fine) return printed;
  stop.wait();
  return ExitCode::fine;
}

ExitCode run_web(const Options& options) {
  Selection selection = select(options);
  if (options.save.empty()) return serve(options, std::move(selection));
  return web::save_report(options.save, selection, options.interval);
}

}  // namespace

void add_web(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* web = app.add_subcommand("web", "Serve a page that shows the pools in a browser");
  add_pool(*web, options->pool);
  CLI::Option* listen =
      http::add_listen(*web, "The address to serve it at; with port 0 at any that is free",
                       [options](http::Address address) { options->listen = std::move(address); })
          ->default_str(options->listen.str());
  add_duration(*web, "--interval", "So long between two looks at the pools, 0.25 s unless set",
               [options](muster::Duration interval) {
                 options->interval = interval.seconds();
                 if (options->interval >= kShortest && options->interval <= kLongest) return;
                 throw UsageError("--interval is a time from 50ms to 60s");
               });
  CLI::Option* token = http::add_token(
      *web, "MUSTER_WEB_TOKEN", "Ask every browser for this; made where it is needed and not given",
      options->token);
  web->add_option("--save", options->save,
                  "Write the page to this file as it is now, and exit; - is standard output")
      ->check(kFileName)
      ->type_name("FILE");
  add_all_users(*web, options->all_users);
  // Who knows it from the other commands is told where to ask. Help does not list it.
  web->add_flag_callback("--json",
                         [] {
                           throw UsageError(
                               "web has no --json: what it shows, ls, show, tasks, summary and "
                               "deaths print as documents; --save writes the page to a file");
                         })
      ->group("");
  web->callback([=, &run] {
    if (options->save.empty()) {
      http::check_token(*web, *token);
    } else {
      for (const CLI::Option* unused : {listen, token}) {
        refuse_without_effect(*web, *unused, "with --save: nothing is served");
      }
    }
    run = [options] { return run_web(*options); };
  });
}

}  // namespace muster_tool
