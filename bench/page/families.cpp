#include "bench/page/families.hpp"

#include <algorithm>

namespace bench {

namespace {

struct Member {
  std::string_view peer;
  std::string_view family;
};

// All peers that are not a thread pool.
constexpr std::array kMembers = {
    Member{"process", "muster-process"},
    Member{"process-forkserver", "muster-process"},
    Member{"process-spawn", "muster-process"},
    Member{"thread", "muster-thread"},
    Member{"serial", "serial"},
    Member{"", "serial"},  // micro-benchmarks
    Member{"pipe", "processes"},
    Member{"pipe-batch", "processes"},
    Member{"message-queue", "processes"},
    Member{"fork", "processes"},
    Member{"xargs", "processes"},
    Member{"py-threads", "python"},
    Member{"py-processes", "python"},
    Member{"py-forkserver", "python"},
    Member{"py-spawn", "python"},
    Member{"py-pool", "python"},
    Member{"loky", "python"},
    Member{"pebble", "python"},
    Member{"mpi4py", "python"},
};

std::string_view family_name(const CaseRow& row) {
  const auto* const found = std::find_if(kMembers.begin(), kMembers.end(),
                                         [&](const Member& each) { return each.peer == row.peer; });
  return found == kMembers.end() ? "threads" : found->family;
}

}  // namespace

const Family& family_of(const CaseRow& row) {
  const std::string_view name = family_name(row);
  const auto* const found = std::find_if(kFamilies.begin(), kFamilies.end(),
                                         [&](const Family& family) { return family.name == name; });
  return found == kFamilies.end() ? kFamilies.back() : *found;
}

}  // namespace bench
