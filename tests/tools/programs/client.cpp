// client NAME: makes a pool of that name with two workers, says so, and ends it when its standard
// input ends.

#include <cstdio>

#include <muster/muster.hpp>

int main(int argc, char** argv) {
  muster::ProcessPoolExecutor pool({.max_workers = 2, .name = argc > 1 ? argv[1] : "client"});
  for (int i = 0; i < 10; ++i) pool.submit([] {}).result();
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
