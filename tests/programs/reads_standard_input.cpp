// A task reads standard input.

#include <cstdio>

#include <muster/muster.hpp>

int main() {
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  const int read = pool.submit([] { return std::getchar(); }).result();
  std::printf(read == EOF ? "end of file\n" : "a character\n");
  return 0;
}
