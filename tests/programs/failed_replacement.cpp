// A pool whose supervisor cannot start the worker that is to replace another.

#include <sys/resource.h>

#include <muster/muster.hpp>

#include "programs/replacement.hpp"
#include "support/init.hpp"
#include "support/privileges.hpp"

int main() {
  test_support::drop_privileges();
  test_support::init_as_told();
  muster::ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  const rlimit one_process{1, 1};
  const int status = await_failed_replacement(pool, [&](pid_t supervisor) {
    return ::prlimit(supervisor, RLIMIT_NPROC, &one_process, nullptr) == 0;
  });
  if (status != 0) return status;
  try {
    pool.submit([] { return 3; });
    return 4;
  } catch (const muster::BrokenProcessPool&) {
  }
  return 0;
}
