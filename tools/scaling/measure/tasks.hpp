#pragma once

#include <cstdint>

namespace scaling {

// n -> n + 1: an empty task.
int next(int n);
// The same behind so many steps of arithmetic.
int compute(int n, std::int64_t steps);
// Nanoseconds that a step takes a core that does nothing else.
double step_ns();
// Sleeps until a time of CLOCK_MONOTONIC.
int hold(std::int64_t until_ns);

}  // namespace scaling
