#include "tools/scaling/measure/figures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <type_traits>
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

// Tasks of a kind, all of the same length in nanoseconds.
class Computing {
 public:
  using Result = int;

  explicit Computing(std::int64_t length)
      : is_empty_(length == 0),
        steps_(static_cast<std::int64_t>(static_cast<double>(length) / step_ns())) {}
  muster::Future<int> submit(muster::MpiPoolExecutor& pool, int n) const {
    return is_empty_ ? pool.submit(next, n) : pool.submit(compute, n, steps_);
  }
  int number(int result) { return result; }

 private:
  bool is_empty_;
  std::int64_t steps_;
};

class Sleeping {
 public:
  using Result = Slept;

  explicit Sleeping(std::int64_t length) : length_(length) {}
  muster::Future<Slept> submit(muster::MpiPoolExecutor& pool, int n) const {
    return pool.submit(sleep_for, n, length_);
  }
  int number(const Slept& slept) {
    took_ns_ += static_cast<double>(slept.took_ns);
    ++slept_;
    return slept.n;
  }
  // On average since this was asked last.
  double took_ns() { return std::exchange(took_ns_, 0) / std::exchange(slept_, 0); }

 private:
  std::int64_t length_;
  double took_ns_ = 0;
  double slept_ = 0;
};

template <class Tasks>
class Length {
 public:
  Length(muster::MpiPoolExecutor& pool, const JobClock& clock, std::int64_t length,
         std::size_t tasks)
      : pool_(pool), clock_(clock), tasks_(length), futures_(tasks) {}

  Tasks& tasks() { return tasks_; }

  Run play() {
    const double busy = bench::busy_seconds();
    const JobTimes before = clock_.now();
    const std::int64_t begun = wall_ns();
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      futures_[i] = tasks_.submit(pool_, static_cast<int>(i));
    }
    Run run;
    std::int64_t sum = 0;
    const std::size_t each = std::max<std::size_t>(futures_.size() / kLooks, 1);
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      sum += tasks_.number(futures_[i].result());
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
  Tasks tasks_;
  std::vector<muster::Future<typename Tasks::Result>> futures_;
};

template <class Tasks>
nlohmann::json measure_length(muster::MpiPoolExecutor& pool, const JobClock& clock,
                              std::int64_t length, std::size_t tasks,
                              const FigureOptions& options) {
  Length<Tasks> one(pool, clock, length, tasks);
  one.play();
  std::vector<double> rates;
  std::vector<double> others;
  std::vector<double> took;
  std::vector<std::vector<double>> parts(4);
  std::size_t again = 0;
  auto placements = nlohmann::json::array();
  while (rates.size() < options.runs) {
    const Run run = one.play();
    if constexpr (std::is_same_v<Tasks, Sleeping>) took.push_back(one.tasks().took_ns());
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
  nlohmann::json figure = {{"task_ns", length},
                           {"tasks", tasks},
                           {"rate", spread_json(std::move(rates))},
                           {"processor_ns_per_task", std::move(processor)},
                           {"placements", std::move(placements)},
                           {"others", bench::spread_of(std::move(others)).upper},
                           {"played_again", again}};
  if (!took.empty()) figure["task_ns"] = bench::spread_of(std::move(took)).median;
  return figure;
}

}  // namespace

nlohmann::json measure_figures(muster::MpiPoolExecutor& pool,
                               const std::vector<std::int64_t>& lengths,
                               const FigureOptions& options) {
  std::vector<pid_t> workers;
  for (const muster::MpiWorker& worker : pool.worker_pids()) workers.push_back(worker.pid);
  const JobClock clock(workers);
  // Tasks that sleep do so beside each other.
  const auto processors = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  const auto at_once = options.sleeping ? static_cast<double>(workers.size())
                                        : std::min(static_cast<double>(workers.size()), processors);
  auto all = nlohmann::json::array();
  for (const std::int64_t length : lengths) {
    const double fits =
        options.seconds * 1e9 * at_once / std::max(1.0, static_cast<double>(length));
    const auto tasks =
        static_cast<std::size_t>(std::clamp(fits, 20.0, static_cast<double>(options.most_tasks)));
    nlohmann::json figure = options.sleeping
                                ? measure_length<Sleeping>(pool, clock, length, tasks, options)
                                : measure_length<Computing>(pool, clock, length, tasks, options);
    figure["ranks"] = pool.ranks() + 1;
    figure["workers"] = workers.size();
    all.push_back(std::move(figure));
  }
  return all;
}

}  // namespace scaling
