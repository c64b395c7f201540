#include "mapped_stacks.hpp"

#include <algorithm>

#include "lib/inspect/mappings.hpp"

namespace muster_tool {

MappedStacks::MappedStacks(pid_t pid) : pid_(pid) { read(); }

void MappedStacks::read() {
  ranges_.clear();
  for (const muster::detail::Mapping& mapping : muster::detail::mappings_of(pid_)) {
    if (!mapping.rights.starts_with("rw")) continue;
    const Range range{mapping.begin, mapping.end};
    if (mapping.path == "[stack]") main_ = range;
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
