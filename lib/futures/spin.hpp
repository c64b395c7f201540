#pragma once

#include <cstdint>

#include "lib/common/futex.hpp"

namespace muster::detail {

// Whether to look again before sleeping. A result that comes within a few microseconds is had
// without two system calls and a switch; what takes longer is delayed by nothing, for the thread
// that looks has nothing else to do, but it keeps others off the core.
struct SpinState {
  // Set by who woke a sleeping worker: that worker may need this core, so do not spin at all.
  bool woke_a_sleeper = false;
};

// Of the calling thread.
SpinState& spin_state() noexcept;

// How often to look, with a `pause` each: about 4 us; 0 where there is one CPU only.
int spin_looks() noexcept;

// True as soon as `there()` is; false when it is time to sleep.
template <class There>
bool spin_until(There&& there) {
  SpinState& state = spin_state();
  if (state.woke_a_sleeper) {
    state.woke_a_sleeper = false;
    return there();
  }
  for (int left = spin_looks(); left > 0; --left) {
    if (there()) return true;
    cpu_relax();
  }
  return false;
}

}  // namespace muster::detail
