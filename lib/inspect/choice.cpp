#include "lib/inspect/choice.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/inspect/picture.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

namespace {

using NotFound = PoolInspector::NotFound;
using NotReadable = PoolInspector::NotReadable;

// Fewer digits of an id are a number, or a word.
constexpr std::size_t kFewestDigits = 4;

// 0: not a process's number.
pid_t to_pid(std::string_view words) {
  pid_t pid = 0;
  const char* const end = words.data() + words.size();
  return std::from_chars(words.data(), end, pid).ptr == end && pid > 0 ? pid : 0;
}

std::string quoted(std::string_view words) { return '"' + std::string(words) + '"'; }

// Of a longer name the memory keeps the beginning.
bool is_called(std::string_view name, std::string_view words) {
  return name == words || (name.size() == kPoolNameKept && words.starts_with(name));
}

// Whether `pid` is its client, its supervisor or one of its workers.
bool is_of(const ChosenPool& pool, pid_t pid) {
  if (pid == 0) return false;
  if (pid == pool.pool.constants().client_pid) return true;
  const FactsView& facts = pool.pool.views().facts;
  const auto supervisor = static_cast<pid_t>(facts.facts().supervisor_pid.load());
  if (pid == supervisor) return pool.found.is_held_by(pid);
  for (std::uint32_t w = 0; w < pool.pool.constants().geometry.workers; ++w) {
    if (static_cast<pid_t>(facts.worker(w).pid.load()) != pid) continue;
    const auto process = read_process(pid);
    return process && process->is_worker_of(supervisor);
  }
  return false;
}

PoolName name_of(const ChosenPool& pool) {
  const pid_t client = pool.pool.constants().client_pid;
  const auto process = read_process(client);
  return {.id = id_text(pool.pool.constants().id),
          .name = pool.found.name,
          .client = {.pid = client,
                     .user = process ? process->user : 0,
                     .command = process ? process->command : ""}};
}

[[noreturn]] void refuse(std::string_view words, pid_t pid, const InspectOptions& options,
                         const PoolSearch& search, const std::vector<UnreadablePool>& unreadable) {
  for (const UnreadablePool& pool : unreadable) {
    const bool holder = std::ranges::any_of(
        pool.processes, [&](const ProcessName& process) { return process.pid == pid; });
    if (is_called(pool.name, words) || holder) throw NotReadable(describe(pool), pool.reason);
  }
  const auto process = pid == 0 ? std::nullopt : read_process(pid);
  if (!process) {
    throw NotFound((options.all_users ? "there is no pool " : "this user has no pool ") +
                   quoted(words) + "; \"muster ls\" lists those there are" +
                   (::geteuid() == 0 && !options.all_users
                        ? ", and with --all-users those of other users"
                        : ""));
  }
  const std::string who = "process " + describe(name_of(*process));
  const bool is_foreign = process->user != ::geteuid();
  // Root may look into all, or is told below why not.
  const bool is_closed = ::geteuid() != 0 && !segments_held_by(pid);
  if (is_foreign && (!options.all_users || is_closed)) {
    throw NotReadable(who + " belongs to another user (uid " + std::to_string(process->user) + ")" +
                          (::geteuid() == 0 ? "; --all-users looks into those, too"
                                            : ", who alone may look into it, and root"),
                      UnreadablePool::Reason::permission);
  }
  const bool hidden = std::ranges::any_of(
      search.hidden, [&](const ProcessInfo& other) { return other.pid == pid; });
  if (hidden) {
    throw NotReadable(who +
                          " cannot be looked into: it is not dumpable, or has more privileges "
                          "than this one",
                      UnreadablePool::Reason::permission);
  }
  throw NotFound(who + " has no pool; \"muster ls\" lists those there are");
}

}  // namespace

std::string several(std::string_view words, const std::vector<PoolName>& pools) {
  const auto short_id = [](const PoolName& pool) { return pool.id.substr(0, 8); };
  std::string text = quoted(words) + " can mean " + std::to_string(pools.size()) + " pools: ";
  const char* before = "";
  for (const PoolName& pool : pools) {
    text +=
        before + short_id(pool) + ' ' + quoted(pool.name) + " of client " + describe(pool.client);
    before = ", ";
  }
  return text + "; say the beginning of its id, as in \"muster show " + short_id(pools.front()) +
         "\"";
}

ChosenPool choose_pool(std::string_view words, const InspectOptions& options) {
  const PoolSearch search = find_pools(options.all_users);
  if (search.error) throw std::system_error(search.error, "cannot list the processes in /proc");
  const pid_t pid = to_pid(words);
  std::vector<ChosenPool> meant;
  std::vector<UnreadablePool> cannot_be_read;
  for (const FoundPool& found : search.pools) {
    PoolLoad load = load_pool(found);
    if (!load.pool) {
      if (load.error != LoadError::gone) cannot_be_read.push_back(unreadable(found, load.error));
      continue;
    }
    ChosenPool candidate{found, std::move(*load.pool)};
    const bool by_id =
        words.size() >= kFewestDigits && id_text(candidate.pool.constants().id).starts_with(words);
    if (is_called(found.name, words) || by_id || is_of(candidate, pid)) {
      meant.push_back(std::move(candidate));
    }
  }
  if (meant.size() > 1) {
    std::vector<PoolName> names;
    for (const ChosenPool& pool : meant) names.push_back(name_of(pool));
    throw NotFound(several(words, names));
  }
  if (meant.empty()) refuse(words, pid, options, search, cannot_be_read);
  return std::move(meant.front());
}

}  // namespace muster::detail
