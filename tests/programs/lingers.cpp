// A program that spawns a pool, and whose main does not get to muster::init() where it is run for
// that. "lingers MILLISECONDS": the pool's spawn_timeout, 0: none.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <muster/muster.hpp>

int main(int argc, char** argv) {
  if (std::getenv("MUSTER_SUPERVISOR_SOCKET") != nullptr) {
    while (true) ::pause();
  }
  muster::init();
  try {
    std::puts("making the pool");
    std::fflush(stdout);
    muster::ProcessPoolOptions options{.max_workers = 1,
                                       .start_method = muster::StartMethod::spawn};
    options.spawn_timeout = std::chrono::milliseconds(argc > 1 ? std::atoi(argv[1]) : 0);
    muster::ProcessPoolExecutor pool(options);
  } catch (const std::exception& error) {
    std::puts(error.what());
    return 1;
  }
}
