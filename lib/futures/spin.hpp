#pragma once

#include <cstdint>

#include "lib/common/futex.hpp"

namespace muster::detail {

// How long this thread looks again before it sleeps. A result that comes within a microsecond is
// had without two system calls and a switch; looking longer keeps somebody else off the core.
struct SpinState {
  // Looks (of one `pause` each) in the next spin; follows how the last ones went.
  std::uint32_t looks = 0;
  // Set by who woke a sleeping worker: that worker may need this core, so do not spin at all.
  bool woke_a_sleeper = false;
};

// Of the calling thread.
SpinState& spin_state() noexcept;

constexpr std::uint32_t kFewestLooks = 8;
constexpr std::uint32_t kMostLooks = 160;  // about 4 us

// 0 where there is one CPU only.
std::uint32_t most_looks() noexcept;

// True as soon as `there()` is; false when it is time to sleep.
template <class There>
bool spin_until(There&& there) {
  SpinState& state = spin_state();
  if (state.woke_a_sleeper) {
    state.woke_a_sleeper = false;
    return there();
  }
  const std::uint32_t most = most_looks();
  std::uint32_t looks = state.looks < kFewestLooks ? kFewestLooks : state.looks;
  if (looks > most) looks = most;
  for (std::uint32_t i = 0; i < looks; ++i) {
    if (there()) {
      state.looks = looks + looks / 2 < most ? looks + looks / 2 : most;
      return true;
    }
    cpu_relax();
  }
  state.looks = looks / 2;
  return false;
}

}  // namespace muster::detail
