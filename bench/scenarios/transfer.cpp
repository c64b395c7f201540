// Large arguments and results.
#include <array>
#include <cmath>

#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::string_view kTo = "64 MiB to a worker";
constexpr std::string_view kBack = "64 MiB back";
constexpr std::uint64_t kDoubles = (std::uint64_t{64} << 20) / sizeof(double);

class Transfer : public Scenario {
 public:
  std::string_view name() const override { return "transfer"; }
  std::string_view summary() const override {
    return "8 Mi doubles (64 MiB) to a worker, which adds them up where they came to be; and as "
           "many made by a worker and sent back. again: hot, the median of three after the first "
           "of a pool, which is cold. Peers whose workers are threads copy nothing; the serial "
           "loop copies them once "
           "and adds the copy up.";
  }
  std::vector<Metric> metrics() const override {
    return {{"again", "again, hot", Unit::seconds, false, "hot"},
            {"first", "first, cold", Unit::seconds, false, "cold"}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const std::vector<std::size_t> one = {settings.workers.back()};
    return each_peer(kTransfer, one, {std::string(kTo), std::string(kBack)},
                     [](const PeerEntry&) { return kDoubles; });
  }

  // In all threads it is the same: the pool of threads and the serial loop stand for them. Back it
  // takes other processes as long as there, or twice as long.
  bool in_quick(const PeerEntry& peer, const Cell& cell) const override {
    const bool process = peer.workers != Workers::none;
    return peer.quick && (peer.offers & kThreads) == 0 && (cell.variant == kTo || !process);
  }
  std::size_t runs(const Settings& settings) const override { return settings.slow_runs(); }

  void measure(const Cell& cell, Sample& out) const override {
    const auto peer = make_peer(cell.peer, cell.workers);
    const auto run = cell.variant == kTo ? &send : &fetch;
    const std::vector<double> values = make_doubles(cell.variant == kTo ? cell.size : 0);
    if (cell.variant == kTo) peer->prepare_doubles(values);
    // So that the first is the first of its size, and not of anything in the pool.
    constexpr std::uint64_t kFew = 16;
    peer->from_worker(kFew);
    peer->received();

    out.set("first", run(*peer, values, cell.size));
    constexpr int kTimes = 3;
    std::vector<double> seconds;
    for (int i = 0; i < kTimes; ++i) seconds.push_back(run(*peer, values, cell.size));
    out.set("again", spread_of(std::move(seconds)).median);
  }

 private:
  static void check(double got, std::uint64_t count) {
    check_sum(static_cast<std::uint64_t>(got), static_cast<std::uint64_t>(sum_of_doubles(count)));
  }

  static double send(Peer& peer, std::span<const double> values, std::uint64_t count) {
    const Stopwatch watch;
    const double sum = peer.to_worker(values, 1);
    const double seconds = watch.seconds();
    check(sum, count);
    return seconds;
  }

  static double fetch(Peer& peer, std::span<const double>, std::uint64_t count) {
    const Stopwatch watch;
    peer.from_worker(count);
    const double seconds = watch.seconds();
    check(peer.received(), count);
    return seconds;
  }
};

}  // namespace

std::unique_ptr<Scenario> make_transfer() { return std::make_unique<Transfer>(); }

}  // namespace bench
