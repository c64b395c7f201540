// muster check: whether a pool is as it should be, in a line and an exit code, for monitoring.

#include <memory>
#include <string>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "errors.hpp"
#include "findings.hpp"
#include "json.hpp"
#include "open_pool.hpp"
#include "option_values.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

struct Options : CommonOptions {
  std::string pool;
  Limits limits;
};

// What Nagios and its like draw: name=value;warning;critical.
std::string performance_data(const muster::PoolInfo& pool, const Measured& measured,
                             const Limits& limits) {
  const auto critical = [](const std::optional<std::uint64_t>& limit) {
    return limit ? fmt::format(";;{}", *limit) : std::string();
  };
  std::string text = fmt::format(
      "queued={}{} running={} workers={} stuck={}{} deaths={}{} failed={}c", pool.stats.queued,
      critical(limits.queue), pool.stats.running, pool.workers_alive, measured.stuck,
      critical(limits.stuck), pool.stats.deaths, critical(limits.deaths), pool.stats.failed);
  if (measured.oldest) {
    text += fmt::format(" oldest={:.3f}s", measured.oldest->seconds());
    if (limits.age) text += fmt::format(";;{:.3f}", limits.age->seconds());
  }
  return text;
}

std::string line(const muster::PoolInfo& pool, const Measured& measured, const Limits& limits,
                 const std::vector<std::string>& found) {
  std::string text = fmt::format("{} - pool \"{}\" is {}", found.empty() ? "OK" : "WARNING",
                                 printable(pool.name), to_string(pool.state));
  if (found.empty()) {
    text += fmt::format(": {} of {} workers alive, {} queued, {} running", pool.workers_alive,
                        pool.stats.workers.size(), pool.stats.queued, pool.stats.running);
  }
  for (std::size_t i = 0; i < found.size(); ++i) text += (i == 0 ? ": " : "; ") + found[i];
  // Nagios takes what follows a bar for numbers.
  for (char& c : text) c = c == '|' ? '/' : c;
  return text + " | " + performance_data(pool, measured, limits) + "\n";
}

std::string to_document(const muster::PoolInfo& pool, const Measured& measured,
                        const std::vector<std::string>& found) {
  return document(Json{
      {"ok", found.empty()},
      {"findings", found},
      {"pool", summary_json(pool, Rates(pool, pool))},
      {"stuck", measured.stuck},
      {"oldest_seconds", measured.oldest ? Json(measured.oldest->seconds()) : Json()},
  });
}

ExitCode check(const Options& options) {
  muster::PoolInspector inspector = open_pool(options.pool, options.inspect());
  const muster::PoolInfo pool = inspector.look();
  const Measured measured = measure(pool, inspector.tasks(), options.limits);
  const std::vector<std::string> found = findings(pool, measured, options.limits);
  const ExitCode printed = print(options.json ? to_document(pool, measured, found)
                                              : line(pool, measured, options.limits, found));
  if (printed != ExitCode::fine) return printed;
  return found.empty() ? ExitCode::fine : ExitCode::finding;
}

// Monitoring shows what is on standard output.
ExitCode run_check(const Options& options) {
  if (options.json) return check(options);
  try {
    return check(options);
  } catch (const std::exception& error) {
    (void)print(fmt::format("UNKNOWN - {}\n", printable(error.what())));
    return exit_code_of(error);
  }
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check", "Say in a line and an exit code whether a pool is as it should be");
  Limits& limits = options->limits;
  add_pool(*command, options->pool)->required();
  add_count(*command, "--max-queue", "At most so many tasks queued",
            [&limits](std::uint64_t count) { limits.queue = count; });
  add_duration(*command, "--max-age", "No task of those that have a slot waits for longer",
               [&limits](muster::Duration age) { limits.age = age; });
  add_count(*command, "--max-stuck", "At most so many workers stuck",
            [&limits](std::uint64_t count) { limits.stuck = count; });
  add_duration(*command, "--stuck-after",
               "A worker that has run one task for longer is stuck, and none starts for "
               "longer (10m)",
               [&limits](muster::Duration after) { limits.stuck_after = after; });
  add_count(*command, "--max-deaths", "At most so many workers have died",
            [&limits](std::uint64_t count) { limits.deaths = count; });
  add_common(*command, *options);
  command->callback([options, &run] { run = [options] { return run_check(*options); }; });
}

}  // namespace muster_tool
