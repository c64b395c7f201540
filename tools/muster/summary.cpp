// muster summary: a pool's tasks by their names.

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "each_look.hpp"
#include "option_values.hpp"
#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::TaskNameStats;

constexpr std::size_t kLimit = 50;

struct Options : RepeatedOptions {
  std::size_t limit = kLimit;
};

std::string page(const muster::PoolStats& stats, std::size_t limit) {
  if (stats.tasks.empty()) return "no task has come to its end yet\n";
  constexpr auto kRight = Table::Align::right;
  Table table{{"DONE", kRight},  {"FAILED", kRight},  {"LOST", kRight},
              {"P50", kRight},   {"P99", kRight},     {"MAX", kRight},
              {"TOTAL", kRight}, {"MAX RSS", kRight}, {"TASK"}};
  const std::size_t shown = std::min(stats.tasks.size(), limit);
  bool sampled = false;
  for (std::size_t i = 0; i < shown; ++i) {
    const TaskNameStats& task = stats.tasks[i];
    const muster::LatencyHistogram& times = task.run_time;
    const auto time = [&](muster::Duration duration) {
      return times.empty() ? "-" : describe(duration);
    };
    sampled = sampled || task.timed < task.done;
    table.add({std::to_string(task.done), std::to_string(task.failed), std::to_string(task.lost),
               time(times.quantile(0.5)), time(times.quantile(0.99)), time(times.max()),
               time(times.total()),
               task.max_rss_bytes == 0 ? "-" : describe_bytes(task.max_rss_bytes),
               printable(task.name)});
  }
  std::string notes;
  if (shown < stats.tasks.size()) {
    notes += fmt::format("{} more; --limit says how many are shown\n",
                         counted(stats.tasks.size() - shown, "name", "names"));
  }
  if (sampled) notes += "times of tasks that take less than 2 us are of a sample of them\n";
  return table.str() + (notes.empty() ? "" : "\n" + notes);
}

std::string to_document(const Look& look, std::size_t limit) {
  const auto& tasks = look.now.stats.tasks;
  const std::size_t shown = std::min(tasks.size(), limit);
  Json members = {{"pool", {{"name", look.now.name}, {"id", look.now.id}}},
                  {"tasks", Json::array()},
                  {"more", tasks.size() - shown}};
  for (std::size_t i = 0; i < shown; ++i) members["tasks"].push_back(to_json(tasks[i]));
  return document(members, look.layout);
}

ExitCode run_summary(const Options& options) {
  return at_each_look(options, [&](const Look& look) {
    return options.json ? to_document(look, options.limit) : page(look.now.stats, options.limit);
  });
}

}  // namespace

void add_summary(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("summary", "Sum up a pool's tasks by name: how many, how long, how large");
  add_repeated(*command, *options);
  add_count(*command, "--limit", "At most so many names (50)",
            [options](std::uint64_t limit) { options->limit = limit; });
  command->callback([options, &run] { run = [options] { return run_summary(*options); }; });
}

}  // namespace muster_tool
