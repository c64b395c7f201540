// A program that its file may give more rights than its user has: how its pools start.

#include <sys/auxv.h>

#include <cstdio>

#include <muster/muster.hpp>

int main() {
  if (::getauxval(AT_SECURE) == 0) {
    std::printf("no more rights\n");
    return 0;
  }
  muster::init();
  try {
    muster::ProcessPoolExecutor pool({.max_workers = 1});
    std::printf("forkserver %d\n", pool.submit([] { return 7; }).result());
    muster::ProcessPoolExecutor spawned(
        {.max_workers = 1, .start_method = muster::StartMethod::spawn});
  } catch (const muster::Error& error) {
    std::printf("%s\n", error.what());
  }
}
