#include <numeric>

#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

class Map : public Scenario {
 public:
  std::string_view name() const override { return "map"; }
  std::string_view summary() const override {
    return "A function of about 50 ns over 10^6 ints (fewer for Python's threads and, if quick, "
           "processes), results in order. No chunk size is given "
           "but to Python's pools, which take four chunks a worker and a function of their own of "
           "about that length. Hot: after the same once before in the same pool.";
  }
  std::vector<Metric> metrics() const override {
    return {{"item", "per item", Unit::seconds, false},
            {"processor", "processor time per item", Unit::seconds, false},
            {"items", "items", Unit::count, true}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    constexpr std::uint64_t kItems = 1'000'000;
    return each_peer(kMap, settings.workers, {""}, [&](const PeerEntry& peer) {
      // Its pool of threads takes no notice of chunks: a task for each item.
      if (peer.name == "py-threads") return peer.tasks;
      // What takes a second; what there is for each chunk is little beside a tenth of that.
      return is_python(peer) ? settings.less_if_quick(kItems) : kItems;
    });
  }

  void measure(const Cell& cell, Sample& out) const override {
    const auto peer = make_peer(cell.peer, cell.workers);
    std::vector<int> inputs(cell.size);
    std::iota(inputs.begin(), inputs.end(), 0);
    const std::span<const int> all(inputs);
    const std::uint64_t expected = expected_sum(*peer, all);
    check_sum(peer->map(all), expected);
    const ProcessorTime processor(peer->processes());
    const Stopwatch watch;
    const std::uint64_t sum = peer->map(all);
    const double seconds = watch.seconds();
    const auto items = static_cast<double>(cell.size);
    out.set("processor", processor.seconds() / items);
    out.set("items", items);
    out.set("item", seconds / items);
    check_sum(sum, expected);
  }

 private:
  static std::uint64_t expected_sum(const Peer& peer, std::span<const int> inputs) {
    std::uint64_t sum = 0;
    for (const int input : inputs) sum += peer.mapped(input);
    return sum;
  }
};

}  // namespace

std::unique_ptr<Scenario> make_map() { return std::make_unique<Map>(); }

}  // namespace bench
