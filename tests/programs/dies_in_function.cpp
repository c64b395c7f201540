// A worker that is killed in a function that no other program can call. Prints what the task is
// called.

#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include <muster/muster.hpp>

#include "support/init.hpp"

namespace {

void die() { ::kill(::getpid(), SIGKILL); }

}  // namespace

int main() {
  test_support::init_as_told();
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  try {
    pool.submit(die).result();
  } catch (const muster::BrokenProcessPool& error) {
    std::printf("%s\n", error.task_name().c_str());
    return 0;
  }
  return 1;
}
