// Ends in one of several ways while it has a pool. A task prints "apple".

#include <cstdio>
#include <cstdlib>
#include <string>

#include <muster/muster.hpp>

#include "support/init.hpp"

int main(int argc, char** argv) {
  test_support::init_as_told();
  const std::string way = argc > 1 ? argv[1] : "";
  const auto print = [] { std::printf("apple\n"); };
  if (way == "local") {
    muster::ProcessPoolExecutor pool({.max_workers = 2});
    pool.submit(print);
    return 0;
  }
  if (way == "static") {
    static muster::ProcessPoolExecutor pool({.max_workers = 2});
    pool.submit(print);
    return 0;
  }
  if (way == "no_wait") {
    muster::ProcessPoolExecutor pool({.max_workers = 2});
    pool.submit(print);
    pool.shutdown({.wait = false});
    return 0;
  }
  if (way == "exit") {
    muster::ProcessPoolExecutor pool({.max_workers = 2});
    pool.submit(print).result();
    std::exit(0);  // the pool's destructor does not run
  }
  if (way == "leaked") {
    auto* pool = new muster::ProcessPoolExecutor({.max_workers = 2});
    pool->submit(print).result();
    return 0;
  }
  return 2;
}
