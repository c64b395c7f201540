#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::uint32_t kWindow = 1024;
constexpr std::string_view kWindowed = "windowed";
constexpr std::string_view kWithout = "without futures";

class Throughput : public Scenario {
 public:
  std::string_view name() const override { return "throughput"; }
  std::string_view summary() const override {
    return "Empty tasks n -> n + 1, each with its own future. kept: all are submitted, then all "
           "are collected; windowed: 1024 in flight. without futures: peers that have none give "
           "their results as they come, and are compared with the process pool's futures. Hot: "
           "after the same once before in the same pool. Processor time is that of client, workers "
           "and who else works for them.";
  }
  std::vector<Metric> metrics() const override {
    return {{"rate", "tasks", Unit::per_second, true},
            {"processor", "processor time per task", Unit::seconds, false},
            {"tasks", "in a run", Unit::count, true}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const auto tasks = [&](const PeerEntry& peer) { return settings.empty_tasks(peer.tasks); };
    auto cells = each_peer(kFutures, settings.workers, {"kept", std::string(kWindowed)}, tasks);
    append(cells, each_peer(kPlain, settings.workers, {std::string(kWithout)}, tasks));
    return cells;
  }

  bool in_quick(const PeerEntry& peer, const Cell& cell) const override {
    const bool python = (peer.offers & kPlain) == 0 && peer.tasks <= 5'000;
    return cell.variant != kWindowed && (peer.quick || !python);
  }

  void measure(const Cell& cell, Sample& out) const override {
    const auto peer = make_peer(cell.peer, cell.workers);
    const auto run = [&](std::uint32_t tasks) {
      if (cell.variant == kWithout) return peer->without_futures(tasks);
      return cell.variant == "kept" ? peer->kept(tasks) : peer->windowed(tasks, kWindow);
    };
    const auto tasks = static_cast<std::uint32_t>(cell.size);
    check_sum(run(tasks), sum_of_results(tasks));
    const ProcessorTime processor(peer->processes());
    const Stopwatch watch;
    const std::uint64_t sum = run(tasks);
    const double seconds = watch.seconds();
    out.set("processor", processor.seconds() / tasks);
    out.set("rate", tasks / seconds);
    out.set("tasks", tasks);
    check_sum(sum, sum_of_results(tasks));
  }
};

}  // namespace

std::unique_ptr<Scenario> make_throughput() { return std::make_unique<Throughput>(); }

}  // namespace bench
