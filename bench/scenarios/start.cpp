#include <algorithm>

#include "bench/probes/process_info.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

class Start : public Scenario {
 public:
  std::string_view name() const override { return "start"; }
  std::string_view summary() const override {
    return "A pool is made, runs one empty task, ends. Cold: the first pool of a new process. "
           "made: the constructor alone; first result: from before the constructor; ended: the "
           "destructor. PSS: of one idle worker (the median one), its own memory and its share of "
           "what it shares. Interpreters have started before, and imported what they need.";
  }
  std::vector<Metric> metrics() const override {
    return {{"first", "first result", Unit::seconds, false},
            {"made", "made", Unit::seconds, false},
            {"ended", "ended", Unit::seconds, false},
            {"pss", "PSS of a worker", Unit::bytes, false}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const std::vector<std::size_t> usual = {2, 8};
    auto cells =
        each_peer(kFutures | kPlain | kStart, settings.workers_given ? settings.workers : usual,
                  {""}, [](const PeerEntry&) { return 1; });
    for (Cell& cell : cells) cell.cold = true;
    return cells;
  }
  // One of those that start an interpreter stands for all.
  bool in_quick(const PeerEntry& peer, const Cell&) const override {
    return peer.quick || !is_python(peer);
  }
  // A run takes a few milliseconds.
  std::size_t runs(const Settings& settings) const override {
    return settings.quick ? settings.runs : 3 * settings.runs;
  }

  void measure(const Cell& cell, Sample& out) const override {
    const bool futures = (find_peer(cell.peer)->offers & (kFutures | kStart)) != 0;
    auto peer = prepare_peer(cell.peer);
    const Stopwatch start;
    peer->open(cell.workers);
    out.set("made", start.seconds());
    const std::uint64_t sum = futures ? peer->kept(1) : peer->without_futures(1);
    out.set("first", start.seconds());
    check_sum(sum, sum_of_results(1));

    const std::vector<pid_t> workers = peer->workers();
    if (!workers.empty()) {
      std::vector<double> pss;
      for (const pid_t pid : workers) pss.push_back(static_cast<double>(pss_of(pid)));
      out.set("pss", spread_of(std::move(pss)).median);
    }
    const Stopwatch end;
    peer->close();
    out.set("ended", end.seconds());
  }
};

}  // namespace

std::unique_ptr<Scenario> make_start() { return std::make_unique<Start>(); }

}  // namespace bench
