#pragma once

#include <cstdint>

namespace scaling {

// n -> n + 1: an empty task.
int next(int n);
// The same behind so many steps of arithmetic.
int compute(int n, std::int64_t steps);
// The same behind a sleep, and how long all of it took, in nanoseconds.
struct Slept {
  int n = 0;
  float took_ns = 0;
};
Slept sleep_for(int n, std::int64_t ns);
// Nanoseconds that a step takes a core that does nothing else.
double step_ns();
// Sleeps until a time of CLOCK_MONOTONIC.
int hold(std::int64_t until_ns);

}  // namespace scaling
