#include <fmt/format.h>

#include "commands.hpp"
#include "json.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::detail::PoolPicture;
using muster::detail::Survey;

std::string table_of(const Survey& survey) {
  constexpr auto kRight = Table::Align::right;
  Table table{{"NAME"},
              {"CLIENT", kRight},
              {"COMMAND"},
              {"STATE"},
              {"WORKERS", kRight},
              {"QUEUED", kRight},
              {"RUNNING", kRight},
              {"DONE", kRight},
              {"FAILED", kRight},
              {"DEATHS", kRight},
              {"AGE", kRight}};
  for (const PoolPicture& pool : survey.pools) {
    const muster::PoolStats& stats = pool.stats;
    table.add({printable(pool.name), std::to_string(pool.client_pid), printable(pool.command),
               std::string(word(pool.condition)),
               fmt::format("{}/{}", pool.workers_alive, stats.workers.size()),
               std::to_string(stats.queued), std::to_string(stats.running),
               std::to_string(stats.finished), std::to_string(stats.failed),
               std::to_string(stats.deaths), describe(pool.age)});
  }
  return table.str();
}

}  // namespace

ExitCode list_pools(bool json) {
  const Survey survey = muster::detail::survey_pools();
  if (survey.error) {
    complain(fmt::format("cannot list the processes in /proc: {}", survey.error.message()));
    return ExitCode::failed;
  }
  tell_unseen(survey);
  if (json) return print(list_document(survey));
  if (survey.pools.empty()) {
    complain("this user has no pools that can be seen");
    return ExitCode::fine;
  }
  return print(table_of(survey));
}

}  // namespace muster_tool
