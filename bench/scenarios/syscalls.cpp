// Counts per task of allocations and system calls while there is work.
//
// What runs in the process that is counted is here; call_counts.cpp runs it under strace.
#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/driver.hpp"
#include "bench/peers/streams.hpp"
#include "bench/probes/allocations.hpp"
#include "bench/probes/gate.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/call_counts.hpp"
#include "bench/strace.hpp"

namespace bench {

namespace {

constexpr std::string_view kStreaming = "streaming";
constexpr std::string_view kLive = "streaming with 10^6 live";
constexpr std::string_view kKept = "kept";
constexpr std::string_view kOverflow = "overflow";
constexpr std::uint64_t kTasks = 1'000'000;
constexpr std::size_t kWindow = 1024;

class SystemCalls : public Scenario {
 public:
  std::string_view name() const override { return "syscalls"; }
  std::string_view summary() const override {
    return "Allocations (malloc and its kin) and system calls per empty task in a process pool. "
           "streaming: 1024 in flight; kept: all futures live until all are submitted; overflow: "
           "all are submitted while the workers are held up, so that slots run out and all but "
           "the first wait in the client's backlog. submitter: the thread that submits and "
           "collects; client: all threads of its process; calls: all is what strace -c -f counts "
           "with the tasks less what it counts with one, the rest is from logs by strace -ff, "
           "which tell the processes apart. Hot.";
  }
  std::vector<Metric> metrics() const override {
    std::vector<Metric> metrics = {{"thread_allocations", "malloc: submitter", Unit::count, false},
                                   {"client_allocations", "malloc: client", Unit::count, false},
                                   {"worker_allocations", "malloc: workers", Unit::count, false},
                                   {"all_calls", "calls: all", Unit::count, false},
                                   {"client_calls", "calls: client", Unit::count, false},
                                   {"worker_calls", "calls: workers", Unit::count, false},
                                   {"supervisor_calls", "calls: supervisor", Unit::count, false}};
    // How often a side found nothing to do and slept makes up a few thousandths.
    for (Metric& metric : metrics) metric.least_difference = 0.01;
    return metrics;
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const std::uint64_t tasks = settings.quick ? kTasks / 4 : kTasks;
    std::vector<Cell> cells;
    for (const auto variant : {kStreaming, kLive, kKept, kOverflow}) {
      for (const std::size_t workers : settings.workers) {
        if (settings.quick && workers != settings.workers.back()) continue;
        cells.push_back({"process", workers, std::string(variant), tasks});
      }
    }
    return cells;
  }
  std::size_t runs(const Settings& settings) const override { return settings.counting_runs(); }

  std::size_t processes(const Settings& settings) const override {
    return runs(settings) * (why_no_strace().empty() ? 1 + kStraceRuns : 1);
  }

  void measure(const Cell& cell, Sample& out) const override;
  void run(Driver& driver, const Settings& settings, ScenarioResult& result) const override;

 private:
  using Futures = std::vector<muster::Future<int>>;

  static std::uint64_t run_tasks(muster::ProcessPoolExecutor& pool, const Cell& cell,
                                 Futures& futures, std::optional<Gate>& gate);
};

// What is counted: all but this is preparation.
std::uint64_t SystemCalls::run_tasks(muster::ProcessPoolExecutor& pool, const Cell& cell,
                                     Futures& futures, std::optional<Gate>& gate) {
  if (cell.variant == kStreaming || cell.variant == kLive) {
    return stream(pool, cell.size, kWindow, futures);
  }
  submit_all(pool, cell.size, futures);
  if (gate) gate->open();
  return collect_all(futures);
}

void SystemCalls::measure(const Cell& cell, Sample& out) const {
  start_counting_allocations();
  prepare_gate();
  muster::ProcessPoolExecutor pool(
      muster::ProcessPoolOptions{.max_workers = cell.workers, .initializer = count_as_worker()});
  Futures futures;
  Futures live;
  futures.reserve(std::max<std::size_t>(cell.size, kWindow));
  stream(pool, kTasks / 10, kWindow, futures);
  if (cell.variant == kLive) {
    live.reserve(kTasks);
    submit_all(pool, kTasks, live);
    for (const auto& future : live) (void)future.result();
  }
  std::optional<Gate> gate;
  if (cell.variant == kOverflow) gate.emplace(pool, cell.workers);
  const std::vector<pid_t> workers = pool.worker_pids();

  mark_begin();
  const AllocationCounts before = allocations_so_far();
  const std::uint64_t sum = run_tasks(pool, cell, futures, gate);
  const AllocationCounts made = allocations_so_far() - before;
  mark_end();

  check_sum(sum, sum_of_results(cell.size));
  const auto per_task = [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(cell.size);
  };
  out.set("thread_allocations", per_task(made.this_thread));
  out.set("client_allocations", per_task(made.client));
  out.set("worker_allocations", per_task(made.workers));
  // For who reads strace's logs.
  out.set(kSupervisorKey, parent_of(workers.at(0)));
  for (const pid_t pid : workers) out.set(fmt::format("{}{}", kWorkerKey, pid), pid);
}

void SystemCalls::run(Driver& driver, const Settings& settings, ScenarioResult& result) const {
  Scenario::run(driver, settings, result);
  const bool some = std::any_of(result.cases.begin(), result.cases.end(), [](const auto& one) {
    const auto made = one.values.find("client_allocations");
    return made != one.values.end() &&
           std::any_of(made->second.begin(), made->second.end(), [](double n) { return n > 0; });
  });
  if (some) {
    result.notes.emplace_back(
        "malloc: lists of free blocks for futures' states, which a thread makes when it first "
        "needs them and keeps; they do not grow with the number of tasks");
  }
  count_calls(driver, *this, runs(settings), result);
}

}  // namespace

std::unique_ptr<Scenario> make_syscalls() { return std::make_unique<SystemCalls>(); }

}  // namespace bench
