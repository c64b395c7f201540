// muster deaths: how workers of a pool have ended.

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "json.hpp"
#include "open_pool.hpp"
#include "option_values.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "symbols.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::DeathStats;

constexpr std::size_t kLast = 10;

struct Options : CommonOptions {
  std::string pool;
  std::size_t last = kLast;
};

// A frame each, and of those the functions that were inlined, before it.
using Frames = std::vector<std::vector<std::string>>;

Frames frames_of(const DeathStats& death, Symbolizer& symbolizer) {
  Frames frames;
  for (const std::uintptr_t address : death.frames) frames.push_back(symbolizer.describe(address));
  return frames;
}

std::string page(const DeathStats& death, const Frames& frames) {
  std::string text = fmt::format("{}  {}\n", rfc3339(death.at), printable(death.sentence));
  if (death.death.max_rss_bytes) {
    text += fmt::format("    it held {} at most\n", describe_bytes(*death.death.max_rss_bytes));
  }
  if (death.death.core_dumped) text += "    its core was dumped\n";
  if (death.requeued != 0) {
    text += fmt::format("    {} that it had claimed went to others\n",
                        counted(death.requeued, "task", "tasks"));
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    for (const std::string& line : frames[i]) {
      text += fmt::format("    #{:<3}{}\n", i, printable(line));
    }
  }
  return text;
}

std::string to_page(const muster::PoolInfo& pool, std::size_t shown, Symbolizer& symbolizer) {
  const muster::PoolStats& stats = pool.stats;
  if (stats.last_deaths.empty()) {
    return stats.deaths == 0 ? "no worker has died\n" : "how they died is not known any more\n";
  }
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const DeathStats& death = stats.last_deaths[i];
    text += (i == 0 ? "" : "\n") + page(death, frames_of(death, symbolizer));
  }
  if (stats.deaths > shown) {
    const std::uint64_t known = stats.last_deaths.size();
    text += fmt::format("\n{} of {}", shown, counted(stats.deaths, "death", "deaths"));
    text +=
        known > shown ? "; --last says how many are shown\n" : "; the others were too long ago\n";
  }
  return text;
}

std::string to_document(const muster::PoolInfo& pool, std::size_t shown, Symbolizer& symbolizer) {
  Json members = {{"pool", {{"name", pool.name}, {"id", pool.id}}},
                  {"count", pool.stats.deaths},
                  {"deaths", Json::array()}};
  for (std::size_t i = 0; i < shown; ++i) {
    const DeathStats& death = pool.stats.last_deaths[i];
    Json json = to_json(death);
    json["backtrace"] = Json::array();
    const Frames frames = frames_of(death, symbolizer);
    for (std::size_t k = 0; k < frames.size(); ++k) {
      json["backtrace"].push_back(
          {{"address", fmt::format("{:#x}", death.frames[k])}, {"functions", frames[k]}});
    }
    members["deaths"].push_back(std::move(json));
  }
  return document(members);
}

ExitCode run_deaths(const Options& options) {
  muster::PoolInspector inspector = open_pool(options.pool, options.inspect());
  const muster::PoolInfo pool = inspector.look();
  const std::size_t shown = std::min(pool.stats.last_deaths.size(), options.last);
  Symbolizer symbolizer(process_with_code_of(pool));
  return print(options.json ? to_document(pool, shown, symbolizer)
                            : to_page(pool, shown, symbolizer));
}

}  // namespace

void add_deaths(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("deaths", "Say how workers have died, the last one first");
  add_pool(*command, options->pool)->required();
  add_count(*command, "--last", "At most so many (10)",
            [options](std::uint64_t last) { options->last = last; });
  add_common(*command, *options);
  command->callback([options, &run] { run = [options] { return run_deaths(*options); }; });
}

}  // namespace muster_tool
