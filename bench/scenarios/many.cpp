// Many tasks in one pool at a time: does it finish, and what does it take.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/peers/streams.hpp"
#include "bench/probes/gate.hpp"
#include "bench/probes/memory_watch.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"

namespace bench {

namespace {

constexpr std::string_view kKept = "1 thread submits";
constexpr std::string_view kThreads = "10 threads submit";
constexpr std::string_view kQueued = "all queued";
constexpr std::string_view kLong = "arguments of 1 KiB";
constexpr std::size_t kSubmitters = 10;

using LongArgument = std::array<int, 256>;
constexpr auto kPlusOneOfLong = [](const LongArgument& n) { return n[0] + 1; };

using Futures = std::vector<muster::Future<int>>;

// What the tasks are in one variant.
using Submit = std::function<void(muster::ProcessPoolExecutor&, Futures&, std::uint64_t count)>;

void submit_ints(muster::ProcessPoolExecutor& pool, Futures& futures, std::uint64_t count) {
  submit_all(pool, count, futures);
}

void submit_long(muster::ProcessPoolExecutor& pool, Futures& futures, std::uint64_t count) {
  LongArgument argument{};
  for (std::uint64_t i = 0; i < count; ++i) {
    argument[0] = static_cast<int>(i);
    futures.push_back(pool.submit(kPlusOneOfLong, argument));
  }
}

class Many : public Scenario {
 public:
  std::string_view name() const override { return "many"; }
  std::string_view summary() const override {
    return "Tasks n -> n + 1 in a process pool, every future kept until all are submitted. all "
           "queued: submitted while the workers are held up at a gate, so that all tasks are "
           "queued at once (a tenth of them where less than 1 KiB of memory is available for "
           "each). arguments of 1 KiB: a tenth. Memory per task is what the client has more of "
           "when all are submitted than before. Cold.";
  }
  std::vector<Metric> metrics() const override {
    return {{"submit", "submitted", Unit::per_second, true},
            {"rate", "to the last result", Unit::per_second, true},
            {"memory", "memory per task", Unit::bytes, false},
            {"shared", "most shared memory", Unit::bytes, false},
            {"bound", "its bound", Unit::bytes, false},
            {"rescued", "rescued_wakeups", Unit::count, false}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const std::uint64_t tasks = settings.less_if_quick(settings.many_tasks);
    std::vector<Cell> cells;
    for (const std::size_t workers : settings.workers) {
      if (settings.quick && workers != settings.workers.back()) continue;
      cells.push_back({"process", workers, std::string(kKept), tasks});
      cells.push_back({"process", workers, std::string(kThreads), tasks});
      cells.push_back({"process", workers, std::string(kQueued), queued_at_once(tasks)});
      cells.push_back({"process", workers, std::string(kLong), std::max(tasks / 10, kAtLeast)});
    }
    for (Cell& cell : cells) cell.cold = true;
    return cells;
  }
  // It is about whether it ends and what it holds; its times are throughput's affair.
  std::size_t runs(const Settings& settings) const override { return settings.counting_runs(); }
  std::chrono::seconds limit() const override { return std::chrono::seconds(1800); }

  void measure(const Cell& cell, Sample& out) const override;

 private:
  static constexpr std::uint64_t kAtLeast = kSubmitters;

  // Some 200 bytes each are taken; the rest is for those who use the machine, too.
  static std::uint64_t queued_at_once(std::uint64_t tasks) {
    constexpr std::uint64_t kBytesEach = 1024;
    return available_memory() / kBytesEach >= tasks ? tasks : std::max(tasks / 10, kAtLeast);
  }
};

// Each of `threads` threads submits its part, keeps it, and collects it when it has submitted all.
// `submitted` is called by each in between.
std::uint64_t submit_and_collect(muster::ProcessPoolExecutor& pool, const Submit& submit,
                                 std::uint64_t tasks, std::size_t threads,
                                 const std::function<void()>& submitted) {
  const auto part = [&, count = tasks / threads] {
    Futures futures;
    futures.reserve(count);
    submit(pool, futures, count);
    submitted();
    return collect_all(futures);
  };
  if (threads == 1) return part();
  // A thread each, and what it throws comes out of here.
  std::vector<std::future<std::uint64_t>> parts;
  for (std::size_t i = 0; i < threads; ++i) parts.push_back(std::async(std::launch::async, part));
  std::uint64_t sum = 0;
  for (auto& each : parts) sum += each.get();
  return sum;
}

void Many::measure(const Cell& cell, Sample& out) const {
  const std::size_t threads = cell.variant == kThreads ? kSubmitters : 1;
  const std::uint64_t tasks = cell.size / threads * threads;
  prepare_gate();
  muster::ProcessPoolExecutor pool(muster::ProcessPoolOptions{.max_workers = cell.workers});
  std::optional<Gate> gate;
  if (cell.variant == kQueued) gate.emplace(pool, cell.workers);
  SharedMemoryWatch shared(pool);
  const std::uint64_t before = private_memory();

  const Stopwatch watch;
  std::atomic<std::size_t> still_submitting{threads};
  const auto submitted = [&] {
    if (--still_submitting != 0) return;
    out.set("submit", static_cast<double>(tasks) / watch.seconds());
    const auto grown = static_cast<double>(private_memory()) - static_cast<double>(before);
    out.set("memory", std::max(grown, 0.0) / static_cast<double>(tasks));
    if (gate) gate->open();
  };
  const Submit submit = cell.variant == kLong ? submit_long : submit_ints;
  const std::uint64_t sum = submit_and_collect(pool, submit, tasks, threads, submitted);
  out.set("rate", static_cast<double>(tasks) / watch.seconds());
  check_sum(sum, threads * sum_of_results(tasks / threads));

  const std::uint64_t most = shared.most();
  const std::uint64_t bound =
      shared_memory_bound(cell.workers, cell.variant == kLong ? sizeof(LongArgument) : 0);
  out.set("shared", static_cast<double>(most));
  out.set("bound", static_cast<double>(bound));
  const std::uint64_t rescued = pool.stats().rescued_wakeups;
  out.set("rescued", static_cast<double>(rescued));
  if (most > bound) {
    throw MeasurementError(fmt::format("shared memory grew to {}, beyond its bound of {}",
                                       format_value(static_cast<double>(most), Unit::bytes),
                                       format_value(static_cast<double>(bound), Unit::bytes)));
  }
  if (rescued != 0) {
    throw MeasurementError(fmt::format(
        "{} wake-ups were lost and only the bound on sleeping rescued them; unless a worker was "
        "stopped meanwhile, that is a bug",
        rescued));
  }
}

}  // namespace

std::unique_ptr<Scenario> make_many() { return std::make_unique<Many>(); }

}  // namespace bench
