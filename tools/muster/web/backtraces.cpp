#include "backtraces.hpp"

namespace muster_tool::web {

std::vector<std::string> Backtraces::describe(const muster::DeathStats& death) {
  std::vector<std::string> lines;
  for (const std::uintptr_t address : death.frames) {
    auto known = known_.find(address);
    if (known == known_.end()) {
      if (!symbols_) symbols_ = std::make_unique<Symbolizer>(process_);
      known = known_.emplace(address, symbols_->describe(address)).first;
    }
    lines.insert(lines.end(), known->second.begin(), known->second.end());
  }
  return lines;
}

}  // namespace muster_tool::web
