// A program whose main clears its environment before it calls muster::init(), and spawns a pool.

#include <cstdio>
#include <cstdlib>

#include <muster/muster.hpp>

int main() {
  ::clearenv();
  muster::init();
  muster::ProcessPoolExecutor pool({.max_workers = 1, .start_method = muster::StartMethod::spawn});
  std::printf("%d\n", pool.submit([] { return 7; }).result());
}
