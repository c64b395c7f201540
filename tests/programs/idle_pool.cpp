// Prints the pids of client, supervisor and workers, then leaves a pool idle until its standard
// input ends.

#include <unistd.h>

#include <cstdio>
#include <vector>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"

int main() {
  test_support::init_as_told();
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  // A pool that worked before, with both its workers.
  const test_support::SharedCounter met;
  std::vector<muster::Future<void>> all;
  for (int i = 0; i < 2; ++i) {
    all.push_back(pool.submit([met] {
      met.add();
      met.wait_at_least(2);
    }));
  }
  for (int i = 0; i < 1000; ++i) all.push_back(pool.submit([] {}));
  all.back().add_done_callback([](const muster::Future<void>&) {});
  for (const auto& future : all) future.result();

  const auto workers = pool.worker_pids();
  std::printf("%d %d", ::getpid(), test_support::parent_of(workers.at(0)));
  for (pid_t pid : workers) std::printf(" %d", pid);
  std::printf("\n");
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
