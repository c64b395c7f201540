#include <numeric>

#include <fmt/format.h>

#include "bench/driver.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

class Map : public Scenario {
 public:
  std::string_view name() const override { return "map"; }
  std::string_view summary() const override {
    return "A function of about 50 ns over 10^6 ints, results in order, no chunk size given. Hot: "
           "after a tenth of the same in the same pool, which by then has measured the function.";
  }
  std::vector<Metric> metrics() const override {
    return {{"time", "time", Unit::seconds, false},
            {"item", "per item", Unit::seconds, false},
            {"processor", "processor time per item", Unit::seconds, false}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    return each_peer(kMap, settings.workers, {""}, 1'000'000);
  }

  void measure(const Cell& cell, Sample& out) const override {
    const auto peer = make_peer(cell.peer, cell.workers);
    std::vector<int> inputs(cell.size);
    std::iota(inputs.begin(), inputs.end(), 0);
    const std::span<const int> all(inputs);
    check_sum(peer->map(all.first(all.size() / 10)), expected_sum(all.first(all.size() / 10)));
    const ProcessorTime processor(peer->processes());
    const Stopwatch watch;
    const std::uint64_t sum = peer->map(all);
    const double seconds = watch.seconds();
    const auto items = static_cast<double>(cell.size);
    out.set("processor", processor.seconds() / items);
    out.set("time", seconds);
    out.set("item", seconds / items);
    check_sum(sum, expected_sum(all));
  }

  void run(Driver& driver, const Settings& settings, ScenarioResult& result) const override {
    Scenario::run(driver, settings, result);
    const auto median = [](const CaseResult& one) {
      const auto found = one.values.find("time");
      return found == one.values.end() ? 0 : spread_of(found->second).median;
    };
    double serial = 0;
    for (const CaseResult& one : result.cases) {
      if (one.cell.peer == "serial") serial = median(one);
    }
    for (const CaseResult& one : result.cases) {
      if (one.cell.peer == "serial" || median(one) == 0 || serial == 0) continue;
      result.notes.push_back(fmt::format("{}: {:.2f} times as fast as the serial loop",
                                         one.cell.label(), serial / median(one)));
    }
  }

 private:
  static std::uint64_t expected_sum(std::span<const int> inputs) {
    std::uint64_t sum = 0;
    for (const int input : inputs) sum += static_cast<std::uint64_t>(short_work(input));
    return sum;
  }
};

}  // namespace

std::unique_ptr<Scenario> make_map() { return std::make_unique<Map>(); }

}  // namespace bench
