#include "tools/scaling/measure/pool_costs.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <muster/muster.hpp>

#include "tools/scaling/measure/clocks.hpp"
#include "tools/scaling/measure/job_clock.hpp"
#include "tools/scaling/measure/spread.hpp"
#include "tools/scaling/measure/tasks.hpp"

namespace scaling {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

class Round {
 public:
  Round(muster::MpiPoolExecutor& pool, const JobClock& clock, std::size_t workers,
        std::size_t tasks)
      : pool_(pool),
        clock_(clock),
        workers_(workers),
        tasks_(static_cast<double>(tasks)),
        futures_(tasks) {}

  void play(std::map<std::string, std::vector<double>>& out) {
    // Long enough to submit all at a tenth of the usual speed.
    const std::int64_t until =
        wall_ns() + 20 * kMillisecond + static_cast<std::int64_t>(tasks_ * 3000);
    std::vector<muster::Future<int>> held;
    for (std::size_t i = 0; i < workers_; ++i) held.push_back(pool_.submit(hold, until));
    hold(wall_ns() + 10 * kMillisecond);

    const JobTimes before = clock_.now();
    const std::int64_t begun = wall_ns();
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      futures_[i] = pool_.submit(next, static_cast<int>(i));
    }
    const JobTimes submitted = clock_.now();
    if (wall_ns() >= until) throw std::runtime_error("submitting took longer than the gate held");
    out["submit"].push_back((submitted.client - before.client) / tasks_);
    out["submit_wall"].push_back(static_cast<double>(wall_ns() - begun) / tasks_);

    hold(until);
    const std::vector<int> where = clock_.placement();
    const JobTimes open = clock_.now();
    const std::int64_t opened = wall_ns();
    futures_.back().result();
    const std::int64_t closed = wall_ns();
    const JobTimes run = clock_.now() - open;
    placements_ = {where, clock_.placement()};
    out["conductor"].push_back(run.conductor / tasks_);
    out["server"].push_back(run.servers / tasks_);
    out["worker"].push_back(run.workers / tasks_);
    out["run_wall"].push_back(static_cast<double>(closed - opened) / tasks_);

    // Those of other ranks may come behind the last one.
    for (const auto& future : futures_) {
      while (!future.done()) hold(wall_ns() + kMillisecond);
    }
    const std::int64_t all_here = thread_ns();
    std::int64_t sum = 0;
    for (auto& future : futures_) {
      sum += future.result();
      future = {};
    }
    out["collect"].push_back(static_cast<double>(thread_ns() - all_here) / tasks_);
    const auto n = static_cast<std::int64_t>(futures_.size());
    if (sum != n * (n + 1) / 2) throw std::runtime_error("results are wrong");
    for (auto& future : held) future.result();
  }

  // Where the threads were in the last round, when the workers began and when they had ended.
  const std::vector<std::vector<int>>& placements() const { return placements_; }

 private:
  muster::MpiPoolExecutor& pool_;
  const JobClock& clock_;
  std::size_t workers_;
  double tasks_;
  std::vector<muster::Future<int>> futures_;
  std::vector<std::vector<int>> placements_;
};

}  // namespace

nlohmann::json measure_pool_costs(muster::MpiPoolExecutor& pool, std::size_t tasks,
                                  std::size_t runs) {
  std::vector<pid_t> workers;
  for (const muster::MpiWorker& worker : pool.worker_pids()) workers.push_back(worker.pid);
  const JobClock clock(workers);
  Round round(pool, clock, workers.size(), tasks);
  std::map<std::string, std::vector<double>> cold;
  round.play(cold);
  std::map<std::string, std::vector<double>> values;
  for (std::size_t i = 0; i < runs; ++i) round.play(values);
  nlohmann::json out;
  out["tasks"] = tasks;
  for (auto& [name, all] : values) out[name] = spread_json(std::move(all));
  out["placements"] = round.placements();
  return out;
}

}  // namespace scaling
