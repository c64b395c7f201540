#pragma once

#include <string_view>

#include <muster/inspect.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

struct ChosenPool {
  FoundPool found;
  LoadedPool pool;
};

// The pool that `words` means, as PoolInspector takes them. Throws what that throws.
ChosenPool choose_pool(std::string_view words, const InspectOptions& options);

}  // namespace muster::detail
