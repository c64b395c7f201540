// muster metrics: pools in numbers, for Prometheus and its like.

#include <httplib.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "http/options.hpp"
#include "http/server.hpp"
#include "json.hpp"
#include "measurement.hpp"
#include "metric_families.hpp"
#include "metric_text.hpp"
#include "notes.hpp"
#include "option_values.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "stop_signals.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

struct Options : CommonOptions {
  std::string pool;  // "": all
  bool open_metrics = false;
  std::optional<http::Address> listen;
  std::string token;
};

// For one who asks again later: a pool may come and go.
Measurement measure_what_is_there(const Options& options) {
  try {
    return measure(options.pool, options.inspect());
  } catch (const muster::PoolInspector::NotFound&) {
    return {};
  } catch (const muster::PoolInspector::NotReadable& error) {
    Measurement seen;
    seen.unseen.unreadable.push_back({options.pool, error.reason(), {}});
    return seen;
  }
}

void answer(const Options& options, std::mutex& one_at_a_time, const httplib::Request& request,
            httplib::Response& response) {
  const MetricFormat format = accepted_format(request.get_header_value("Accept"));
  const std::lock_guard lock(one_at_a_time);
  response.set_content(metric_text(metric_families(measure_what_is_there(options)), format),
                       std::string(content_type(format)));
}

ExitCode serve(const Options& options) {
  StopSignals signals;
  std::mutex one_at_a_time;
  const bool open_to_all = options.token.empty();
  const http::Server server(
      {.address = *options.listen,
       .token = options.token,
       .asked = open_to_all ? http::Asked::nobody : http::Asked::everybody,
       .home = "/metrics"},
      [&](const httplib::Request& request, httplib::Response& response, http::Connections&) {
        if (request.path == "/metrics") return answer(options, one_at_a_time, request, response);
        if (request.path == "/") return http::answer(response, 200, "They are at /metrics.");
        http::answer(response, 404, "There is no such page; the metrics are at /metrics.");
      });
  complain(fmt::format("metrics of {} at http://{}/metrics, until Ctrl-C",
                       options.pool.empty() ? "all pools of this user"
                                            : fmt::format("pool \"{}\"", printable(options.pool)),
                       server.address().str()));
  if (open_to_all && !server.address().loopback()) {
    complain("other machines can read the names of pools and tasks there; --token keeps them out");
  }
  signals.wait();
  return ExitCode::fine;
}

ExitCode run_metrics(const Options& options) {
  if (options.listen) return serve(options);
  const Measurement seen = measure(options.pool, options.inspect());
  tell_unseen(seen.unseen);
  const std::vector<MetricFamily> families = metric_families(seen);
  if (options.json) return print(document("metrics", to_json(families)));
  return print(metric_text(
      families, options.open_metrics ? MetricFormat::open_metrics : MetricFormat::prometheus));
}

}  // namespace

void add_metrics(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("metrics", "Print the metrics of pools, or serve them to Prometheus");
  add_pool(*command, options->pool);
  add_common(*command, *options);
  CLI::Option* open_metrics =
      command
          ->add_flag("--openmetrics", options->open_metrics,
                     "Print OpenMetrics 1.0 to the letter; promtool reads the form without")
          ->excludes("--json");
  http::add_listen(*command, "Serve them at http://HOST:PORT/metrics, as in 127.0.0.1:9464",
                   [options](http::Address address) { options->listen = std::move(address); })
      ->excludes("--json");
  CLI::Option* token = http::add_token(
      *command, "MUSTER_METRICS_TOKEN",
      "With --listen, answer only those who send this as a bearer token", options->token);
  command->callback([=, &run] {
    if (options->listen) {
      refuse_without_effect(*command, *open_metrics, "with --listen: who asks names the form");
      http::check_token(*command, *token);
    } else {
      refuse_without_effect(*command, *token, "without --listen: nobody is answered");
    }
    run = [options] { return run_metrics(*options); };
  });
}

}  // namespace muster_tool
