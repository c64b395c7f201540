#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

// How long whoever has nothing to do looks before it sleeps, about 20 us: what a sleep and a wake
// cost. Both sides of a queue look equally long: one that gave up earlier would have to be woken by
// the other time and again, and neither would ever find the other awake. But a thread that mostly
// waits for longer sleeps at once, most times (SpinState).
inline constexpr std::uint64_t kSpinTicks = 60'000;

// The first look comes no later than this, about 500 ns.
inline constexpr std::uint64_t kLatestFirstLook = 1500;

// Whether to look again before sleeping. A result that comes within a few microseconds is had
// without two system calls and a switch; what takes longer is delayed by nothing, for the thread
// that looks has nothing else to do, but it keeps others off the core.
struct SpinState {
  // Set by who woke a sleeping worker where that one may need this core: do not spin at all.
  bool needs_core = false;
  // How many ticks it took of late until what was looked for was there; more than kSpinTicks where
  // it mostly took longer than one looks. Then only every kProbe-th wait begins with a look.
  std::uint64_t usual_ticks = 0;
  std::uint32_t waits = 0;

  static constexpr std::uint32_t kProbe = 8;
  bool hopeless() { return usual_ticks > kSpinTicks && ++waits % kProbe != 0; }
  void took(std::uint64_t ticks) { usual_ticks = usual_ticks - usual_ticks / 4 + ticks / 4; }
};

// Of the calling thread.
SpinState& spin_state() noexcept;

// False where there is one CPU only.
bool may_spin() noexcept;

// True as soon as `there()` is; false when it is time to sleep.
template <class There>
bool spin_until(There&& there) {
  SpinState& state = spin_state();
  if (state.needs_core || !may_spin() || state.hopeless()) {
    state.needs_core = false;
    return there();
  }
  const std::uint64_t start = ticks_now();
  // A look takes the cache line away from who is about to write to it, and he must fetch it back:
  // the first comes a little before it is likely to be there.
  const std::uint64_t early = std::min(state.usual_ticks - state.usual_ticks / 4, kLatestFirstLook);
  while (ticks_now() - start < early) {
  }
  do {
    for (int i = 0; i < 16; ++i) {
      if (there()) {
        state.took(ticks_now() - start);
        return true;
      }
      cpu_relax();
    }
  } while (ticks_now() - start < kSpinTicks);
  state.took(4 * kSpinTicks);
  return false;
}

}  // namespace muster::detail
