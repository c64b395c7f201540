#include "lib/codec/code_places.hpp"

#include <cstddef>

#include "lib/codec/module_registry.hpp"

namespace muster::detail {

Backtrace CodePlaces::backtrace(const std::vector<std::uintptr_t>& there) const {
  if (!moved_) return Backtrace(there);
  std::vector<Backtrace::Frame> frames;
  frames.reserve(there.size());
  for (const std::uintptr_t address : there) frames.push_back({address, here(address)});
  return Backtrace(std::move(frames));
}

std::uintptr_t CodePlaces::here(std::uintptr_t there) const {
  for (std::size_t number = 0; number < bases_.size(); ++number) {
    const LoadedModule& module = ModuleRegistry::at(number);
    if (bases_[number] == kNotThere || !module.loaded.load(std::memory_order_relaxed)) continue;
    // Wraps round where it is in another module.
    const std::uintptr_t address = there - bases_[number] + module.base;
    if (module.has_code_at(address)) return address;
  }
  return 0;
}

std::vector<std::uint64_t> own_bases(std::size_t count) {
  std::vector<std::uint64_t> bases;
  bases.reserve(count);
  for (std::size_t number = 0; number < count; ++number) {
    const LoadedModule& module = ModuleRegistry::at(number);
    const bool loaded = module.loaded.load(std::memory_order_relaxed);
    bases.push_back(loaded ? module.base : CodePlaces::kNotThere);
  }
  return bases;
}

}  // namespace muster::detail
