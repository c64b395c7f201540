#include "notes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "output.hpp"
#include "text.hpp"

namespace muster_tool {

using muster::ProcessName;
using muster::UnreadablePool;

void tell_unseen(const muster::PoolList& list) {
  for (const UnreadablePool& unread : list.unreadable) complain(printable(describe(unread)));
  tell_hidden(list.hidden);
}

void tell_hidden(const std::vector<ProcessName>& hidden) {
  if (hidden.empty()) return;
  constexpr std::size_t kNamed = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(hidden.size(), kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + printable(describe(hidden[i]));
  }
  if (hidden.size() > kNamed) names += fmt::format(" and {} more", hidden.size() - kNamed);
  complain(fmt::format(
      "cannot look into {} of this user's processes, which are not dumpable or have more "
      "privileges: {}. Pools of theirs are missing here",
      hidden.size(), names));
}

}  // namespace muster_tool
