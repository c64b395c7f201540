#include <algorithm>

#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::string_view kBackToBack = "back to back";
constexpr std::string_view kPaused = "after 1 ms";
// Of all alike: how far the slow ones lie off depends on how many there are.
constexpr std::uint64_t kPausedTasks = 1000;
constexpr std::uint64_t kPausedTasksIfQuick = 200;
// Of fewer samples the percentile would be the slowest or next to it.
constexpr std::size_t kEnoughForHundredth = 100;
constexpr std::size_t kEnoughForThousandth = 1000;

class Latency : public Scenario {
 public:
  std::string_view name() const override { return "latency"; }
  std::string_view summary() const override {
    return "One empty task at a time, from before submit to its result; percentiles of each run. "
           "back to back: nobody sleeps; after 1 ms: the client slept so long before, and so did "
           "the workers. Reading the clock, about 25 ns, is in each figure. Hot.";
  }
  std::vector<Metric> metrics() const override {
    return {{"p50", "p50", Unit::seconds, false},
            {"p99", "p99", Unit::seconds, false},
            {"p99.9", "p99.9", Unit::seconds, false},
            {"samples", "samples", Unit::count, true}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const auto calls = [&](const PeerEntry& peer) { return settings.less_if_quick(peer.calls); };
    auto cells = each_peer(kOneByOne, settings.workers, {std::string(kBackToBack)}, calls);
    append(cells,
           each_peer(kOneByOne, settings.workers, {std::string(kPaused)}, [&](const PeerEntry&) {
             return settings.quick ? kPausedTasksIfQuick : kPausedTasks;
           }));
    return cells;
  }

  bool in_quick(const PeerEntry& peer, const Cell& cell) const override {
    const bool futures = (peer.offers & kThreads) != 0;
    return peer.quick && (cell.variant == kBackToBack || futures || peer.name == "pipe");
  }

  void measure(const Cell& cell, Sample& out) const override {
    const auto peer = make_peer(cell.peer, cell.workers);
    const auto pause = std::chrono::milliseconds(cell.variant == kPaused ? 1 : 0);
    const auto tasks = static_cast<std::uint32_t>(cell.size);
    std::vector<double> seconds;
    seconds.reserve(tasks);
    peer->one_at_a_time(tasks / 10, pause, seconds);
    seconds.clear();
    const std::uint64_t sum = peer->one_at_a_time(tasks, pause, seconds);
    check_sum(sum, sum_of_results(tasks));
    std::sort(seconds.begin(), seconds.end());
    out.set("samples", static_cast<double>(seconds.size()));
    out.set("p50", quantile(seconds, 0.5));
    if (seconds.size() >= kEnoughForHundredth) out.set("p99", quantile(seconds, 0.99));
    if (seconds.size() >= kEnoughForThousandth) out.set("p99.9", quantile(seconds, 0.999));
  }
};

}  // namespace

std::unique_ptr<Scenario> make_latency() { return std::make_unique<Latency>(); }

}  // namespace bench
