#include "tools/scaling/measure/figures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <muster/muster.hpp>

#include "bench/probes/busy_time.hpp"
#include "tools/scaling/measure/clocks.hpp"
#include "tools/scaling/measure/job_clock.hpp"
#include "tools/scaling/measure/spread.hpp"
#include "tools/scaling/measure/tasks.hpp"

namespace scaling {

namespace {

struct Run {
  double seconds = 0;
  JobTimes processor;
  double others = 0;  // share of the processors
  std::vector<std::vector<int>> placements;
};

// How often in a run it is looked where the threads are.
constexpr std::size_t kLooks = 8;

class Length {
 public:
  Length(muster::MpiPoolExecutor& pool, const JobClock& clock, std::int64_t length,
         std::size_t tasks)
      : pool_(pool),
        clock_(clock),
        length_(length),
        steps_(static_cast<std::int64_t>(static_cast<double>(length) / step_ns())),
        futures_(tasks) {}

  Run play() {
    const double busy = bench::busy_seconds();
    const JobTimes before = clock_.now();
    const std::int64_t begun = wall_ns();
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      const int n = static_cast<int>(i);
      futures_[i] = length_ == 0 ? pool_.submit(next, n) : pool_.submit(compute, n, steps_);
    }
    Run run;
    std::int64_t sum = 0;
    const std::size_t each = std::max<std::size_t>(futures_.size() / kLooks, 1);
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      sum += futures_[i].result();
      futures_[i] = {};
      if (i % each == each - 1) run.placements.push_back(clock_.placement());
    }
    const auto wall = static_cast<double>(wall_ns() - begun);
    run.seconds = wall / 1e9;
    run.processor = clock_.now() - before;
    const double others = bench::busy_seconds() - busy - run.processor.sum() / 1e9;
    run.others = others / run.seconds / static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
    const auto n = static_cast<std::int64_t>(futures_.size());
    if (sum != n * (n + 1) / 2) throw std::runtime_error("results are wrong");
    return run;
  }

 private:
  muster::MpiPoolExecutor& pool_;
  const JobClock& clock_;
  std::int64_t length_;
  std::int64_t steps_;
  std::vector<muster::Future<int>> futures_;
};

}  // namespace

nlohmann::json measure_figures(muster::MpiPoolExecutor& pool,
                               const std::vector<std::int64_t>& lengths,
                               const FigureOptions& options) {
  std::vector<pid_t> workers;
  for (const muster::MpiWorker& worker : pool.worker_pids()) workers.push_back(worker.pid);
  const JobClock clock(workers);
  const auto at_once = std::min(static_cast<double>(workers.size()),
                                static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)));
  auto all = nlohmann::json::array();
  for (const std::int64_t length : lengths) {
    const double fits =
        options.seconds * 1e9 * at_once / std::max(1.0, static_cast<double>(length));
    const auto tasks =
        static_cast<std::size_t>(std::clamp(fits, 20.0, static_cast<double>(options.most_tasks)));
    Length one(pool, clock, length, tasks);
    one.play();
    std::vector<double> rates;
    std::vector<double> others;
    std::vector<std::vector<double>> parts(4);
    std::size_t again = 0;
    auto placements = nlohmann::json::array();
    while (rates.size() < options.runs) {
      const Run run = one.play();
      if (run.others > options.others && again < options.runs) {
        ++again;
        continue;
      }
      const auto n = static_cast<double>(tasks);
      placements.push_back(run.placements);
      rates.push_back(n / run.seconds);
      others.push_back(run.others);
      parts[0].push_back(run.processor.client / n);
      parts[1].push_back(run.processor.conductor / n);
      parts[2].push_back(run.processor.servers / n);
      parts[3].push_back(run.processor.workers / n);
    }
    nlohmann::json processor;
    const char* const names[] = {"client", "conductor", "servers", "workers"};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      processor[names[i]] = bench::spread_of(std::move(parts[i])).median;
    }
    all.push_back({{"ranks", pool.ranks() + 1},
                   {"workers", workers.size()},
                   {"task_ns", length},
                   {"tasks", tasks},
                   {"rate", spread_json(std::move(rates))},
                   {"processor_ns_per_task", std::move(processor)},
                   {"placements", std::move(placements)},
                   {"others", bench::spread_of(std::move(others)).upper},
                   {"played_again", again}});
  }
  return all;
}

}  // namespace scaling
