#include "notes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <muster/version.hpp>

#include "output.hpp"
#include "text.hpp"

namespace muster_tool {

using muster::ProcessName;
using muster::UnreadablePool;

std::string describe(const ProcessName& process) {
  return fmt::format("{} ({})", process.pid, printable(process.command));
}

std::string describe(const UnreadablePool& unread) {
  const std::string pool =
      fmt::format("pool \"{}\" of process {}", printable(unread.name),
                  unread.processes.empty() ? "?" : describe(unread.processes.front()));
  switch (unread.reason) {
    case UnreadablePool::Reason::permission:
      return fmt::format("the memory of {} may not be read", pool);
    case UnreadablePool::Reason::another_version:
      return fmt::format(
          "{} is of another version of Muster, or another build of it, and its memory is laid out "
          "differently from what this tool ({}.{}.{}) reads; use the tool that was built with it",
          pool, MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR, MUSTER_VERSION_PATCH);
    case UnreadablePool::Reason::ambiguous:
      return fmt::format(
          "{} cannot be told from another that the same process gave this name; give pools names "
          "of their own",
          pool);
    case UnreadablePool::Reason::no_memory:
      return fmt::format(
          "{} cannot be read: this process has no address space (ulimit -v) or file descriptors "
          "(ulimit -n) left",
          pool);
    case UnreadablePool::Reason::corrupt: break;
  }
  return fmt::format("what is called {} is not a pool's memory, or is damaged", pool);
}

void tell_unseen(const muster::PoolList& list) {
  for (const UnreadablePool& unread : list.unreadable) complain(describe(unread));
  tell_hidden(list.hidden);
}

void tell_hidden(const std::vector<ProcessName>& hidden) {
  if (hidden.empty()) return;
  constexpr std::size_t kNamed = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(hidden.size(), kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + describe(hidden[i]);
  }
  if (hidden.size() > kNamed) names += fmt::format(" and {} more", hidden.size() - kNamed);
  complain(fmt::format(
      "cannot look into {} of this user's processes, which are not dumpable or have more "
      "privileges: {}. Pools of theirs are missing here",
      hidden.size(), names));
}

}  // namespace muster_tool
