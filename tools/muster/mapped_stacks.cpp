#include "mapped_stacks.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace muster_tool {

MappedStacks::MappedStacks(pid_t pid) : pid_(pid) { read(); }

void MappedStacks::read() {
  ranges_.clear();
  std::ifstream maps(fmt::format("/proc/{}/maps", pid_));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    Range range;
    char dash = 0;
    std::string rights;
    words >> std::hex >> range.begin >> dash >> range.end >> rights;
    if (!words || !rights.starts_with("rw")) continue;
    if (line.ends_with("[stack]")) main_ = range;
    ranges_.push_back(range);
  }
}

MappedStacks::Range MappedStacks::around(std::uintptr_t address) {
  const Range known = known_around(address);
  if (known.has(address)) return known;
  read();
  return known_around(address);
}

MappedStacks::Range MappedStacks::known_around(std::uintptr_t address) const {
  const auto found = std::ranges::upper_bound(ranges_, address, {}, &Range::end);
  return found != ranges_.end() && found->has(address) ? *found : Range();
}

}  // namespace muster_tool
