// A worker killed from outside breaks the pool: every future that had no result yet raises
// BrokenProcessPool, which tells what is known of the death. The program goes on.
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <vector>

#include <muster/muster.hpp>

namespace {

pid_t worker_pid() { return muster::this_worker::pid(); }

int sleep_for_ever() {
  for (;;) pause();
}

}  // namespace

int main() {
  muster::ProcessPoolExecutor pool({.max_workers = 2});

  const pid_t victim = pool.submit(worker_pid).result();
  std::vector<muster::Future<int>> futures;  // two run, one is pending
  for (int i = 0; i < 3; ++i) futures.push_back(pool.submit(sleep_for_ever));

  std::cout << "main: killing process " << victim << std::endl;
  kill(victim, SIGHUP);

  for (const auto& future : futures) {
    try {
      future.result();
    } catch (const muster::BrokenProcessPool& error) {
      std::cout << "main: BrokenProcessPool: " << error.what() << '\n';
      std::cout << "main: it names process " << error.worker_pid() << " and signal "
                << error.term_signal().value_or(0) << '\n';
    }
  }
  try {
    pool.submit(worker_pid);
  } catch (const muster::BrokenProcessPool&) {
    std::cout << "main: the pool takes no more tasks\n";
  }
}
