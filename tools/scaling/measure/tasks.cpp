#include "tools/scaling/measure/tasks.hpp"

#include <ctime>

#include "tools/scaling/measure/clocks.hpp"

namespace scaling {

int next(int n) { return n + 1; }

int compute(int n, std::int64_t steps) {
  auto x = static_cast<std::uint32_t>(n);
  for (std::int64_t i = 0; i < steps; ++i) {
    x = x * 1664525 + 1013904223;
    x ^= x >> 13;
  }
  volatile std::uint32_t sink = x;  // or nothing of it would be computed
  return n + 1 + static_cast<int>(sink & 0);
}

Slept sleep_for(int n, std::int64_t ns) {
  const std::int64_t begun = wall_ns();
  hold(begun + ns);
  return {n + 1, static_cast<float>(wall_ns() - begun)};
}

double step_ns() {
  constexpr std::int64_t kSteps = 1'000'000;
  double least = 0;
  for (int run = 0; run < 15; ++run) {
    const std::int64_t begun = thread_ns();
    compute(run, kSteps);
    const double took = static_cast<double>(thread_ns() - begun) / static_cast<double>(kSteps);
    // Whatever disturbs it makes it longer.
    if (run == 0 || took < least) least = took;
  }
  return least;
}

int hold(std::int64_t until_ns) {
  const timespec until{until_ns / 1'000'000'000, until_ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
  return 0;
}

}  // namespace scaling
