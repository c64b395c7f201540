// The pool's scope is its life: all that was submitted has ended when the scope ends.
#include <chrono>
#include <iostream>
#include <syncstream>
#include <thread>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

void print(int n) {
  std::this_thread::sleep_for(n * 20ms);
  std::osyncstream(std::cout) << "task " << n << '\n';
}

}  // namespace

int main() {
  {
    muster::ThreadPoolExecutor pool({.max_workers = 2});
    for (int n = 4; n >= 1; --n) pool.submit(print, n);
    std::osyncstream(std::cout) << "main: all are submitted\n";
  }  // waits here for what runs and for what is queued
  std::cout << "main: all are done\n";
}
