#pragma once

#include <unistd.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "lib/inspect/pool_loader.hpp"

namespace test_support {

// A pool of this process, found as the status tool finds it. Throws std::runtime_error where it has
// none of this name, or several.
inline muster::detail::FoundPool find_own_pool(const std::string& name) {
  const auto held = muster::detail::segments_held_by(::getpid());
  if (!held || !held->contains(name)) {
    throw std::runtime_error("pool \"" + name + "\" has no memory in this process");
  }
  muster::detail::FoundPool found;
  found.name = name;
  for (std::size_t i = 0; i < muster::detail::kSegments; ++i) {
    const auto& places = held->at(name)[i];
    if (places.size() != 1) throw std::runtime_error("pool \"" + name + "\" is not one pool");
    found.segments[i] = places.front();
  }
  return found;
}

// Its memory, mapped for reading as the status tool does.
inline muster::detail::LoadedPool load_own_pool(const muster::detail::FoundPool& found) {
  auto load = muster::detail::load_pool(found);
  if (!load.pool) {
    throw std::runtime_error("the memory of pool \"" + found.name + "\" cannot be read (error " +
                             std::to_string(static_cast<int>(load.error)) + ")");
  }
  return std::move(*load.pool);
}
inline muster::detail::LoadedPool load_own_pool(const std::string& name) {
  return load_own_pool(find_own_pool(name));
}

}  // namespace test_support
