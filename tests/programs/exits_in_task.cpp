// A task calls exit() in a program that has exit handlers and something left to flush.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <muster/muster.hpp>

#include "support/init.hpp"

namespace {

// Past stdio, so that it is seen from a process that never flushes.
void say(std::string_view line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

struct Loud {
  ~Loud() { say("static destructor\n"); }
} loud;

}  // namespace

int main() {
  test_support::init_as_told();
  std::atexit([] { say("exit handler\n"); });
  std::printf("not flushed yet\n");
  {
    muster::ProcessPoolExecutor pool(
        {.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace});
    auto future = pool.submit([] {
      std::printf("printed before exit\n");
      std::exit(3);
    });
    try {
      future.result();
    } catch (const muster::WorkerDiedError& error) {
      std::printf("exited with %d\n", error.exit_code().value_or(-1));
    }
    pool.submit([] {}).result();
  }
  return 0;
}
