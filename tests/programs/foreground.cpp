// Stands for a foreground job: has a task running when Ctrl-C comes, and either "handles" it or
// "dies" of it.

#include <csignal>
#include <cstdio>
#include <string>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/shared_memory_latch.hpp"

namespace {

const test_support::SharedGate interrupted;

}  // namespace

int main(int argc, char** argv) {
  test_support::init_as_told();
  if (argc > 1 && std::string(argv[1]) == "handles") {
    std::signal(SIGINT, [](int) { interrupted.open(); });
  }
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  const test_support::SharedGate started;
  auto task = pool.submit([started, gate = interrupted] {
    started.open();
    gate.wait();
  });
  started.wait();
  std::printf("ready\n");
  std::fflush(stdout);
  task.result();
  std::printf("the task went on\n");
  return 0;
}
