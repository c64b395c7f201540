// A pool whose supervisor cannot start the worker that is to replace another.

#include <sys/resource.h>

#include <cstdio>

#include <muster/muster.hpp>

#include "support/privileges.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"

int main() {
  test_support::drop_privileges();
  muster::ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
  const test_support::SharedGate gate;
  auto first = pool.submit([gate] {
    gate.wait();
    return 1;
  });
  auto stranded = pool.submit([] { return 2; });
  const rlimit one_process{1, 1};
  if (::prlimit(supervisor, RLIMIT_NPROC, &one_process, nullptr) != 0) {
    std::perror("prlimit");
    return 1;
  }
  gate.open();
  if (first.result() != 1) return 2;
  try {
    stranded.result();
    return 3;
  } catch (const muster::BrokenProcessPool& error) {
    std::printf("BrokenProcessPool: %s\n", error.what());
  }
  try {
    pool.submit([] { return 3; });
    return 4;
  } catch (const muster::BrokenProcessPool&) {
  }
  return 0;
}
