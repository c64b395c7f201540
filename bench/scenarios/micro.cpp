// What pools are made of, one operation at a time, by Google Benchmark.
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <muster/muster.hpp>

#include "bench/scenarios.hpp"

namespace bench {

namespace {

constexpr std::size_t kRegion = 4096;

void promise_to_future(benchmark::State& state) {
  int n = 0;
  for (auto _ : state) {
    muster::Promise<int> promise;
    const muster::Future<int> future = promise.future();
    promise.set_result(++n);
    benchmark::DoNotOptimize(future.result());
  }
}

void copy_future(benchmark::State& state) {
  const muster::Promise<int> promise;
  const muster::Future<int> future = promise.future();
  for (auto _ : state) {
    muster::Future<int> copy = future;
    benchmark::DoNotOptimize(copy);
  }
}

void wrap_and_call(benchmark::State& state) {
  int n = 0;
  for (auto _ : state) {
    const muster::PortableFunction function = [n] { benchmark::DoNotOptimize(n); };
    function.invoke();
    ++n;
  }
}

// Encodes a value into a region that is there and decodes it again.
template <class T>
void travel(benchmark::State& state, const T& value) {
  alignas(64) std::array<std::byte, kRegion> region;
  for (auto _ : state) {
    // The compiler is not to know what was written, nor what it was.
    benchmark::DoNotOptimize(&value);
    muster::Encoder out(region.data(), region.data() + region.size());
    muster::Codec<T>::encode(out, value);
    benchmark::DoNotOptimize(region.data());
    benchmark::ClobberMemory();
    muster::Decoder in(region.data(), out.size());
    T copy = muster::Codec<T>::decode(in);
    benchmark::DoNotOptimize(copy);
  }
}

struct Entry {
  std::string_view title;
  void (*run)(benchmark::State&);
};

constexpr std::array kEntries = {
    Entry{"promise to future and result", &promise_to_future},
    Entry{"copy of a future", &copy_future},
    Entry{"portable function made and called", &wrap_and_call},
    Entry{"encode and decode an int", [](benchmark::State& state) { travel(state, 42); }},
    Entry{"encode and decode a string of 100",
          [](benchmark::State& state) { travel(state, std::string(100, 'x')); }},
    Entry{"encode and decode a vector of 100 doubles",
          [](benchmark::State& state) { travel(state, std::vector<double>(100, 0.5)); }},
    Entry{"encode and decode a map of 10 strings",
          [](benchmark::State& state) {
            std::map<int, std::string> map;
            for (int i = 0; i < 10; ++i) map.emplace(i, "number " + std::to_string(i));
            travel(state, map);
          }},
};

// Keeps what Google Benchmark measured instead of printing it.
class Keeper : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) throw MeasurementError(run.error_message);
      seconds = run.cpu_accumulated_time / static_cast<double>(run.iterations);
    }
  }

  double seconds = 0;
};

class Micro : public Scenario {
 public:
  std::string_view name() const override { return "micro"; }
  std::string_view summary() const override {
    return "Single operations in a loop, by one thread: processor time, as Google Benchmark takes "
           "it. Hot.";
  }
  std::vector<Metric> metrics() const override { return {{"time", "time", Unit::seconds, false}}; }
  std::vector<Cell> cells(const Settings&) const override {
    std::vector<Cell> cells;
    for (const Entry& entry : kEntries) cells.push_back({"", 0, std::string(entry.title), 1});
    return cells;
  }

  void measure(const Cell& cell, Sample& out) const override {
    for (const Entry& entry : kEntries) {
      if (entry.title != cell.variant) continue;
      benchmark::RegisterBenchmark(cell.variant.c_str(), entry.run);
    }
    std::array arguments = {std::string("muster-bench"), std::string("--benchmark_min_time=0.05")};
    std::array argv = {arguments[0].data(), arguments[1].data()};
    int argc = static_cast<int>(argv.size());
    benchmark::Initialize(&argc, argv.data());
    Keeper keeper;
    if (benchmark::RunSpecifiedBenchmarks(&keeper) == 0) {
      throw MeasurementError("there is no such operation");
    }
    out.set("time", keeper.seconds);
  }
};

}  // namespace

std::unique_ptr<Scenario> make_micro() { return std::make_unique<Micro>(); }

}  // namespace bench
