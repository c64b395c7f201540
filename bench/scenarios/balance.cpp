// Whether the workers all have work all the time: tasks of 5 ms, and a few long ones among many
// empty ones.
#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <fmt/format.h>

#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr int kMicroseconds = 1000;  // a millisecond

// The processors that the peer could have used at best.
double processors_for(const Cell& cell) {
  const std::size_t all = std::max(std::thread::hardware_concurrency(), 1U);
  const PeerEntry* const peer = find_peer(cell.peer);
  if (peer->workers == Workers::none) return 1;
  if (peer->workers == Workers::thread_each) return static_cast<double>(all);
  return static_cast<double>(std::min(cell.workers, all));
}

struct Outcome {
  double seconds = 0;         // until all had ended, as this process sees it
  std::vector<double> ended;  // of each task, since the start
};

// Also sets "time" and "efficiency". `work` is in microseconds.
Outcome run_burns(const Cell& cell, const std::vector<int>& work, Sample& out) {
  const auto peer = make_peer(cell.peer, cell.workers);
  constexpr std::size_t kWarmUp = 20;
  peer->burn_all(std::vector<int>(kWarmUp, kMicroseconds));

  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::int64_t> ended = peer->burn_all(work);
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto begin = std::chrono::nanoseconds(start.time_since_epoch()).count();
  if (ended.size() != work.size()) throw MeasurementError("there is not a result for each task");
  for (const std::int64_t each : ended) {
    if (each < begin) throw MeasurementError("a task ended before it was submitted");
    outcome.ended.push_back(1e-9 * static_cast<double>(each - begin));
  }
  const double total = 1e-6 * std::accumulate(work.begin(), work.end(), 0.0);
  out.set("time", outcome.seconds);
  out.set("efficiency", total / (processors_for(cell) * outcome.seconds));
  return outcome;
}

const Metric kTime = {"time", "time", Unit::seconds, false};
const Metric kEfficiency = {"efficiency", "efficiency", Unit::count, true};

class Balance : public Scenario {
 public:
  std::string_view name() const override { return "balance"; }
  std::string_view summary() const override {
    return "Tasks that each compute for 5 ms of their thread's processor time, all submitted at "
           "once: 200, or 20 if quick. efficiency: the work by the time and the processors that "
           "the workers can use. Hot.";
  }
  std::vector<Metric> metrics() const override {
    return {kTime, kEfficiency, {"tasks", "in a run", Unit::count, true}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    constexpr std::uint64_t kTasks = 200;
    return each_peer(kBurn, settings.workers, {""},
                     [&](const PeerEntry&) { return settings.quick ? kTasks / 10 : kTasks; });
  }
  void measure(const Cell& cell, Sample& out) const override {
    constexpr int kLength = 5 * kMicroseconds;
    run_burns(cell, std::vector<int>(cell.size, kLength), out);
    out.set("tasks", static_cast<double>(cell.size));
  }
};

class Mixed : public Scenario {
 public:
  std::string_view name() const override { return "mixed"; }
  std::string_view summary() const override {
    return "2000 tasks (quick: 1000), all submitted at once, of which every hundredth computes for "
           "10 ms and the others return at once. half, most: when half, and 99%, of the empty ones "
           "had ended. efficiency: as in balance. Hot.";
  }
  std::vector<Metric> metrics() const override {
    return {kTime,
            kEfficiency,
            {"half", "half of the empty", Unit::seconds, false},
            {"most", "99% of the empty", Unit::seconds, false}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    constexpr std::uint64_t kTasks = 2000;
    return each_peer(kBurn, settings.workers, {""},
                     [&](const PeerEntry&) { return settings.quick ? kTasks / 2 : kTasks; });
  }
  void measure(const Cell& cell, Sample& out) const override {
    constexpr int kLength = 10 * kMicroseconds;
    constexpr std::size_t kEvery = 100;
    std::vector<int> work(cell.size, 0);
    for (std::size_t i = 0; i < work.size(); i += kEvery) work[i] = kLength;
    const Outcome outcome = run_burns(cell, work, out);
    std::vector<double> empty;
    for (std::size_t i = 0; i < work.size(); ++i) {
      if (work[i] == 0) empty.push_back(outcome.ended[i]);
    }
    std::sort(empty.begin(), empty.end());
    out.set("half", quantile(empty, 0.5));
    out.set("most", quantile(empty, 0.99));
  }
};

}  // namespace

std::unique_ptr<Scenario> make_balance() { return std::make_unique<Balance>(); }
std::unique_ptr<Scenario> make_mixed() { return std::make_unique<Mixed>(); }

}  // namespace bench
