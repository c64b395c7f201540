// as_completed gives each future as it ends, whatever the order they were submitted in.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <muster/muster.hpp>

namespace {

using Milliseconds = std::chrono::milliseconds;

std::pair<int, int> nap(int task, int milliseconds) {
  std::this_thread::sleep_for(Milliseconds(milliseconds));
  return {task, milliseconds};
}

}  // namespace

int main() {
  std::vector lengths{100, 200, 300, 400, 500};
  std::shuffle(lengths.begin(), lengths.end(), std::mt19937(std::random_device()()));

  muster::ThreadPoolExecutor pool({.max_workers = 5});
  std::vector<muster::Future<std::pair<int, int>>> futures;
  for (int task = 1; task <= 5; ++task) {
    const int length = lengths[static_cast<std::size_t>(task - 1)];
    std::cout << "submitted: task " << task << ", " << length << " ms\n";
    futures.push_back(pool.submit(nap, task, length));
  }
  for (const auto& future : muster::as_completed(futures)) {
    const auto [task, length] = future.result();
    std::cout << "completed: task " << task << ", " << length << " ms\n";
  }
}
