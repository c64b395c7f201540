// muster tasks: those of a pool that have a slot.

#include <memory>
#include <string>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "command.hpp"
#include "each_look.hpp"
#include "option_values.hpp"
#include "table.hpp"
#include "task_choice.hpp"
#include "text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

using muster::TaskInfo;
using muster::TaskState;

constexpr std::size_t kLimit = 50;

struct Options : RepeatedOptions {
  TaskFilter filter;
  std::size_t limit = kLimit;
};

TaskState parse_state(const std::string& word) {
  for (const TaskState state : {TaskState::pending, TaskState::running, TaskState::ended}) {
    if (word == to_string(state)) return state;
  }
  throw UsageError(fmt::format("\"{}\" is no state of a task: there are pending, running and ended",
                               printable(word)));
}

std::string table_of(const std::vector<TaskInfo>& tasks) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"TASK ID", kRight}, {"STATE"},         {"AGE", kRight}, {"TRY", kRight},
              {"WORKER", kRight},  {"ITEMS", kRight}, {"TASK"}};
  for (const TaskInfo& task : tasks) {
    const auto age = age_of(task);
    table.add({std::to_string(task.id), std::string(to_string(task.state)),
               age ? describe(*age) : "-", std::to_string(task.attempt),
               task.worker ? std::to_string(*task.worker) : "-",
               task.items == 0 ? "-" : std::to_string(task.items), printable(task.name)});
  }
  return table.str();
}

// What the table does not have.
std::string notes(const TaskChoice& choice, const muster::PoolStats& stats) {
  std::string text;
  if (choice.more != 0) {
    text += fmt::format("{} more match; --limit says how many are shown\n", choice.more);
  }
  if (choice.not_timed != 0) {
    text += fmt::format("{} not timed, and may be older as well\n",
                        counted(choice.not_timed, "is", "are"));
  }
  if (stats.behind != 0) {
    text += fmt::format("{} for a slot in the client's own memory\n",
                        counted(stats.behind, "more waits", "more wait"));
  }
  return text;
}

std::string page(const TaskChoice& choice, const muster::PoolStats& stats) {
  const std::string text = notes(choice, stats);
  if (!choice.tasks.empty()) return table_of(choice.tasks) + (text.empty() ? "" : "\n" + text);
  return (choice.more == 0 ? "no task that has a slot matches\n" : "") + text;
}

std::string to_document(const TaskChoice& choice, const Look& look) {
  Json members = {{"pool", {{"name", look.now.name}, {"id", look.now.id}}},
                  {"tasks", Json::array()},
                  {"more", choice.more},
                  {"not_timed", choice.not_timed},
                  {"behind", look.now.stats.behind}};
  for (const TaskInfo& task : choice.tasks) members["tasks"].push_back(to_json(task));
  return document(members, look.layout);
}

ExitCode run_tasks(const Options& options) {
  return at_each_look(options, [&](const Look& look) {
    const TaskChoice choice = choose_tasks(look.inspector.tasks(), options.filter, options.limit);
    return options.json ? to_document(choice, look) : page(choice, look.now.stats);
  });
}

}  // namespace

void add_tasks(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("tasks", "List the tasks that have a slot, oldest first");
  add_repeated(*command, *options);
  command
      ->add_option_function<std::string>(
          "--state",
          [options](const std::string& word) { options->filter.state = parse_state(word); },
          "Those alone that are pending, running or ended")
      ->type_name("STATE");
  add_duration(*command, "--older-than", "Those alone that have run, or waited, for longer",
               [options](muster::Duration age) { options->filter.older_than = age; });
  command
      ->add_option("--name", options->filter.name,
                   "Those alone whose name is like this: \"load_*\"")
      ->check(kPattern)
      ->type_name("GLOB");
  add_count(*command, "--limit", "At most so many (50)",
            [options](std::uint64_t limit) { options->limit = limit; });
  command->callback([options, &run] { run = [options] { return run_tasks(*options); }; });
}

}  // namespace muster_tool
