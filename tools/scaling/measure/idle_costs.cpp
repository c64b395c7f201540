#include "tools/scaling/measure/idle_costs.hpp"

#include <unistd.h>

#include <ctime>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tools/scaling/measure/clocks.hpp"
#include "tools/scaling/measure/spread.hpp"
#include "tools/scaling/measure/tasks.hpp"

namespace scaling {

namespace {

constexpr int kRuns = 9;
constexpr int kTasks = 200;
constexpr std::int64_t kPause = 1'000'000;

int pid_of_worker() { return ::getpid(); }

}  // namespace

nlohmann::json measure_idle_costs(const muster::ProcessPoolOptions& options) {
  muster::ProcessPoolExecutor pool(options);
  clockid_t clock{};
  if (::clock_getcpuclockid(pool.submit(pid_of_worker).result(), &clock) != 0) {
    throw std::runtime_error("the worker has no clock");
  }
  std::vector<double> worker;
  std::vector<double> pump;
  for (int run = 0; run <= kRuns; ++run) {
    const std::int64_t before = nanoseconds_of(clock);
    const std::int64_t others = nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID) - thread_ns();
    for (int i = 0; i < kTasks; ++i) {
      // As a rank that serves: it does not wait for the result, but looks again later.
      const auto future = pool.submit(next, i);
      hold(wall_ns() + kPause);
      if (future.result() != i + 1) throw std::runtime_error("a result is wrong");
    }
    if (run == 0) continue;  // cold
    worker.push_back(static_cast<double>(nanoseconds_of(clock) - before) / kTasks);
    pump.push_back(
        static_cast<double>(nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID) - thread_ns() - others) /
        kTasks);
  }
  return {{"worker", spread_json(std::move(worker))}, {"pump", spread_json(std::move(pump))}};
}

}  // namespace scaling
