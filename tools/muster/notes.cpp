#include "notes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <muster/version.hpp>

#include "output.hpp"
#include "text.hpp"

namespace muster_tool {

using muster::detail::LoadError;
using muster::detail::ProcessInfo;
using muster::detail::SkippedPool;
using muster::detail::Survey;

std::string describe(const ProcessInfo& process) {
  return fmt::format("{} ({})", process.pid, printable(process.command));
}

std::string describe(const SkippedPool& skipped) {
  const std::string pool = fmt::format("pool \"{}\" of process {}", printable(skipped.name),
                                       describe(skipped.holders.front()));
  switch (skipped.error) {
    case LoadError::not_permitted: return fmt::format("the memory of {} may not be read", pool);
    case LoadError::other_version:
      return fmt::format(
          "{} was made by another version of Muster; this program reads those of {}.{}.{}, so use "
          "the one that came with that program's",
          pool, MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR, MUSTER_VERSION_PATCH);
    case LoadError::corrupt:
      return fmt::format("what is called {} is not a pool's memory, or is damaged", pool);
    case LoadError::ambiguous:
      return fmt::format(
          "{} cannot be told from another that the same process gave this name; give pools names "
          "of their own",
          pool);
    case LoadError::no_memory:
      return fmt::format(
          "{} cannot be read: this process has no address space (ulimit -v) or file descriptors "
          "(ulimit -n) left",
          pool);
    case LoadError::none:
    case LoadError::gone: break;
  }
  return fmt::format("{} is gone", pool);
}

ExitCode exit_code_of(LoadError error) {
  switch (error) {
    case LoadError::not_permitted: return ExitCode::permission;
    case LoadError::other_version: return ExitCode::other_version;
    case LoadError::no_memory: return ExitCode::failed;
    default: return ExitCode::no_such_pool;
  }
}

std::string_view word(LoadError error) {
  switch (error) {
    case LoadError::not_permitted: return "permission";
    case LoadError::other_version: return "another version";
    case LoadError::corrupt: return "corrupt";
    case LoadError::ambiguous: return "ambiguous";
    case LoadError::no_memory: return "no memory";
    case LoadError::none:
    case LoadError::gone: break;
  }
  return "gone";
}

void tell_unseen(const Survey& survey) {
  for (const SkippedPool& skipped : survey.skipped) complain(describe(skipped));
  tell_hidden(survey);
}

void tell_hidden(const Survey& survey) {
  if (survey.hidden.empty()) return;
  constexpr std::size_t kNamed = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(survey.hidden.size(), kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + describe(survey.hidden[i]);
  }
  if (survey.hidden.size() > kNamed) {
    names += fmt::format(" and {} more", survey.hidden.size() - kNamed);
  }
  complain(fmt::format(
      "cannot look into {} of this user's processes, which are not dumpable or have more "
      "privileges: {}. Pools of theirs are missing here",
      survey.hidden.size(), names));
}

}  // namespace muster_tool
