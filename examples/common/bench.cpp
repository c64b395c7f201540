#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace example {
namespace {

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  return time.count();
}

// The value below which this part of the sorted ones is.
double quantile(const std::vector<double>& sorted, double part) {
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

void bench(const Settings& settings, const std::function<void(muster::Executor&)>& on_pool,
           const std::function<std::vector<Contender>(std::size_t workers)>& others) {
  // The processes before any thread: they are forked.
  muster::ProcessPoolExecutor processes({.max_workers = settings.workers});
  const std::size_t workers = processes.stats().workers.size();
  muster::ThreadPoolExecutor threads({.max_workers = workers});
  std::vector<Contender> all{{"process pool", [&] { on_pool(processes); }},
                             {"thread pool", [&] { on_pool(threads); }}};
  const std::size_t yardstick = all.size();
  for (Contender& other : others(workers)) all.push_back(std::move(other));

  std::vector<std::vector<double>> times(all.size());
  for (const Contender& each : all) each.work();
  for (std::size_t run = 0; run < settings.runs; ++run) {
    for (std::size_t i = 0; i < all.size(); ++i) times[i].push_back(milliseconds(all[i].work));
  }
  for (auto& each : times) std::sort(each.begin(), each.end());

  std::printf("%zu workers, %zu runs in turns, milliseconds\n", workers, settings.runs);
  std::printf("%-14s %9s  %-23s %s\n", "", "median", "quartiles", "ratio");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double median = quantile(times[i], 0.5);
    std::printf("%-14s %9.2f  [%9.2f .. %9.2f]", all[i].name.c_str(), median,
                quantile(times[i], 0.25), quantile(times[i], 0.75));
    if (yardstick < all.size())
      std::printf(" %.3f of %s", median / quantile(times[yardstick], 0.5),
                  all[yardstick].name.c_str());
    std::printf("\n");
  }
}

}  // namespace example
