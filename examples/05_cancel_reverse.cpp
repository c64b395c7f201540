// Ten tasks on two workers, cancelled from the last to the first: what had not started is
// cancelled, what runs is not, and each callback sees which.
#include <iostream>
#include <latch>
#include <syncstream>
#include <vector>

#include <muster/muster.hpp>

int main() {
  std::latch two_run(2);
  std::latch go(1);
  muster::ThreadPoolExecutor pool({.max_workers = 2});

  std::vector<muster::Future<int>> futures;
  for (int n = 1; n <= 10; ++n) {
    futures.push_back(pool.submit([n, &two_run, &go] {
      if (n <= 2) two_run.count_down();  // tasks start in the order they were submitted in
      go.wait();
      return n;
    }));
    futures.back().add_done_callback([n](const muster::Future<int>& done) {
      std::osyncstream(std::cout) << "callback: " << n
                                  << (done.cancelled() ? " canceled\n" : " not canceled\n");
    });
  }

  two_run.wait();
  for (int n = 10; n >= 1; --n) {
    const bool cancelled = futures[static_cast<std::size_t>(n - 1)].cancel();
    std::osyncstream(std::cout) << "main: " << n
                                << (cancelled ? " canceled\n" : " did not cancel\n");
  }
  go.count_down();
}
