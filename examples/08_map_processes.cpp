// map over a pool of two processes: which process ran what. The workers are reused.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

std::pair<int, pid_t> who_ran(int n) {
  std::this_thread::sleep_for(20ms);  // long enough for the other worker to take one too
  return {n, muster::this_worker::pid()};
}

}  // namespace

int main() {
  muster::ProcessPoolExecutor pool({.max_workers = 2});

  std::cout << "main is process " << getpid() << '\n';
  for (const auto& [task, process] : pool.map(who_ran, std::vector{5, 4, 3, 2, 1})) {
    std::cout << "ran task " << task << " in process " << process << '\n';
  }
}
