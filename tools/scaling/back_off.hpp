#pragma once

#include <algorithm>

#include "tools/scaling/algorithm.hpp"

namespace scaling {

// How long a thread that waits for messages rests: lib/mpi/back_off.hpp, with the simulation's
// time.
class BackOff {
 public:
  void worked() { begun_ = -1; }

  struct Rest {
    double look = 0;   // so long it goes on looking
    double sleep = 0;  // if not 0, it sleeps
  };
  Rest rest(double now, const Algorithm& algorithm) {
    if (begun_ < 0) begun_ = now;
    const double idle = now - begun_;
    if (idle < algorithm.look) return {.look = algorithm.look - idle};
    return {.sleep = std::clamp(idle / algorithm.sleep_divisor, algorithm.shortest_sleep,
                                algorithm.longest_sleep)};
  }

 private:
  double begun_ = -1;
};

// Whether a thread that waits spins before it sleeps: lib/futures/spin.hpp.
class SpinHabit {
 public:
  bool spins(const Algorithm& algorithm) {
    constexpr unsigned kProbe = 8;
    return usual_ <= algorithm.spin || ++waits_ % kProbe == 0;
  }
  void took(double ns) { usual_ += (ns - usual_) / 4; }
  void in_vain(const Algorithm& algorithm) { took(4 * algorithm.spin); }

 private:
  double usual_ = 0;
  unsigned waits_ = 0;
};

}  // namespace scaling
