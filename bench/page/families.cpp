#include "bench/page/families.hpp"

#include <algorithm>

namespace bench {

namespace {

// Peers whose file does not say what they are.
std::string_view family_name(const CaseRow& row) {
  if (!row.family.empty()) return row.family;
  if (row.peer == "process" || row.peer.empty()) return "muster-process";
  if (row.peer == "thread") return "muster-thread";
  if (row.peer.starts_with("serial")) return "serial";
  for (const std::string_view part : {"python", "loky", "pebble", "mpi4py", "multiprocessing"}) {
    if (row.peer.find(part) != row.peer.npos) return "python";
  }
  for (const std::string_view part : {"pipe", "fork", "xargs", "message", "queue-process"}) {
    if (row.peer.find(part) != row.peer.npos) return "processes";
  }
  return "threads";
}

}  // namespace

const Family& family_of(const CaseRow& row) {
  const std::string_view name = family_name(row);
  const auto* const found = std::find_if(kFamilies.begin(), kFamilies.end(),
                                         [&](const Family& family) { return family.name == name; });
  return found == kFamilies.end() ? kFamilies.back() : *found;
}

}  // namespace bench
