// A task reads standard input.

#include <cstdio>

#include <muster/muster.hpp>

#include "support/init.hpp"

int main() {
  test_support::init_as_told();
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  const int read = pool.submit([] { return std::getchar(); }).result();
  std::printf(read == EOF ? "end of file\n" : "a character\n");
  return 0;
}
