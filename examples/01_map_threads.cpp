// map over a pool of two threads: the tasks end out of order, the results come in the order of
// the inputs.
#include <chrono>
#include <iostream>
#include <syncstream>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

double nap(int n) {
  std::osyncstream(std::cout) << "task " << n << ": sleeping\n";
  std::this_thread::sleep_for(n * 100ms);
  std::osyncstream(std::cout) << "task " << n << ": done\n";
  return n / 10.0;
}

}  // namespace

int main() {
  muster::ThreadPoolExecutor pool({.max_workers = 2});

  // All five are submitted here; reading a result waits for it.
  auto results = pool.map(nap, std::vector{5, 4, 3, 2, 1});
  std::osyncstream(std::cout) << "main: waiting for the results\n";
  for (double slept : results) {
    std::osyncstream(std::cout) << "main: slept " << slept << " s\n";
  }
}
