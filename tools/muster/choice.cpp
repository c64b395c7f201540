#include "choice.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "notes.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using muster::detail::PoolPicture;
using muster::detail::ProcessInfo;
using muster::detail::SkippedPool;
using muster::detail::Survey;

// 0: not a process's number.
pid_t to_pid(const std::string& words) {
  pid_t pid = 0;
  const char* const end = words.data() + words.size();
  return std::from_chars(words.data(), end, pid).ptr == end && pid > 0 ? pid : 0;
}

Choice several(const std::string& words, const std::vector<const PoolPicture*>& pools) {
  std::string list;
  pid_t example = 0;
  for (const PoolPicture* pool : pools) {
    if (!list.empty()) list += ", ";
    list += fmt::format("\"{}\" of client {} ({})", printable(pool->name), pool->client_pid,
                        printable(pool->command));
    if (pool->supervisor_pid == 0) continue;
    list += fmt::format(" with supervisor {}", pool->supervisor_pid);
    example = pool->supervisor_pid;
  }
  std::string sentence =
      fmt::format("{} can mean {} pools: {}", printable(words), pools.size(), list);
  if (example != 0) {
    sentence += fmt::format(
        "; say the pid of a process that only one of them has, as in "
        "\"muster show {}\"",
        example);
  }
  return {nullptr, ExitCode::no_such_pool, sentence};
}

Choice none(const Survey& survey, const std::string& words, pid_t pid) {
  const auto process = pid == 0 ? std::nullopt : muster::detail::read_process(pid);
  if (!process) {
    return {nullptr, ExitCode::no_such_pool,
            fmt::format("this user has no pool \"{}\"; \"muster ls\" lists those there are",
                        printable(words))};
  }
  if (process->user != ::geteuid()) {
    return {nullptr, ExitCode::permission,
            fmt::format("process {} belongs to another user (uid {}), who alone may look into it",
                        describe(*process), process->user)};
  }
  const bool hidden = std::any_of(survey.hidden.begin(), survey.hidden.end(),
                                  [&](const ProcessInfo& other) { return other.pid == pid; });
  if (hidden) {
    return {nullptr, ExitCode::permission,
            fmt::format("process {} cannot be looked into: it is not dumpable, or has more "
                        "privileges than this one",
                        describe(*process))};
  }
  return {nullptr, ExitCode::no_such_pool,
          fmt::format("process {} has no pool; \"muster ls\" lists those there are",
                      describe(*process))};
}

}  // namespace

Choice choose_pool(const Survey& survey, const std::string& words) {
  const pid_t pid = to_pid(words);
  std::vector<const PoolPicture*> meant;
  for (const PoolPicture& pool : survey.pools) {
    if (pool.name == words || (pid != 0 && pool.has_process(pid))) meant.push_back(&pool);
  }
  if (meant.size() == 1) return {meant.front(), ExitCode::fine, ""};
  if (meant.size() > 1) return several(words, meant);
  for (const SkippedPool& skipped : survey.skipped) {
    const bool holder = std::any_of(skipped.holders.begin(), skipped.holders.end(),
                                    [&](const ProcessInfo& other) { return other.pid == pid; });
    if (skipped.name == words || holder) {
      return {nullptr, exit_code_of(skipped.error), describe(skipped)};
    }
  }
  return none(survey, words, pid);
}

}  // namespace muster_tool
