#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <muster/inspect.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

struct ChosenPool {
  FoundPool found;
  LoadedPool pool;
};

struct PoolName {
  std::string id;
  std::string name;
  ProcessName client;
};
// A sentence: that `words` can mean each of these, and what to say instead.
std::string several(std::string_view words, const std::vector<PoolName>& pools);

// The pool that `words` means, as PoolInspector takes them. Throws what that throws.
ChosenPool choose_pool(std::string_view words, const InspectOptions& options);

}  // namespace muster::detail
