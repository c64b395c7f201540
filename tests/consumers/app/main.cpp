// A whole program outside Muster: both pools, and what they have to give.
#include <sys/types.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "checks.hpp"

int main() {
  muster::init();
  try {
    muster::ThreadPoolExecutor threads({.max_workers = 2});
    check_pool(threads);
    check(threads.submit(&::getpid).result() == ::getpid(), "threads are in this process");

    for (const muster::StartMethod method :
         {muster::StartMethod::fork, muster::StartMethod::forkserver, muster::StartMethod::spawn}) {
      muster::ProcessPoolExecutor processes({.max_workers = 2, .start_method = method});
      check_pool(processes);
      check(processes.submit(&::getpid).result() != ::getpid(), "workers are other processes");
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  std::cout << "Muster " << MUSTER_VERSION_MAJOR << '.' << MUSTER_VERSION_MINOR << '.'
            << MUSTER_VERSION_PATCH << ": both pools work.\n";
}
