// submit one task and print its future before and after the result is there.
#include <chrono>
#include <iostream>
#include <thread>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

double nap(int n) {
  std::this_thread::sleep_for(n * 100ms);
  return n / 10.0;
}

}  // namespace

int main() {
  muster::ThreadPoolExecutor pool({.max_workers = 2});

  muster::Future<double> future = pool.submit(nap, 5);
  std::cout << "before: " << future << '\n';  // pending, or running already
  std::cout << "result: " << future.result() << '\n';
  std::cout << "after: " << future << '\n';
}
