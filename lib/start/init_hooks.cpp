#include "lib/start/init_hooks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace muster::detail {

namespace {

// Constant-initialised: hooks are added while other static objects are made.
constinit std::array<InitHook, 4> hooks{};

}  // namespace

bool add_init_hook(InitHook hook) noexcept {
  const auto place = std::ranges::find_if(
      hooks, [hook](InitHook known) { return known == nullptr || known == hook; });
  if (place == hooks.end()) return false;
  *place = hook;
  return true;
}

void run_init_hooks() {
  for (InitHook hook : hooks) {
    if (hook != nullptr) hook();
  }
}

}  // namespace muster::detail
