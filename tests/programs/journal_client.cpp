// Maps numbers to their squares with a journal, and prints each result as it is read, then "done".
// Every item that runs leaves a byte in a file, so that the runs of several lives can be counted.
//
//   journal_client JOURNAL RAN ITEMS BLOCKS
//
// From item BLOCKS on items never end, and whoever waits for one can be killed.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ranges>

#include <muster/muster.hpp>

namespace {

// Set before the workers are forked.
const char* ran = nullptr;
int blocks = 0;

int square(int x) {
  if (x >= blocks) {
    while (true) ::pause();
  }
  const int fd = ::open(ran, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, ".", 1) != 1) std::abort();
  ::close(fd);
  return x * x;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  ran = argv[2];
  const int items = std::atoi(argv[3]);
  blocks = std::atoi(argv[4]);
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  for (const int value :
       pool.map({.chunksize = 3, .journal = argv[1]}, &square, std::views::iota(0, items))) {
    std::printf("%d\n", value);
    std::fflush(stdout);
  }
  std::printf("done\n");
  return 0;
}
