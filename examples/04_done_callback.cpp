// A callback runs once its future is done, and tells a value from an error from a cancellation.
// What it should know of its task (here the argument) it captures.
#include <exception>
#include <iostream>
#include <latch>
#include <stdexcept>
#include <syncstream>

#include <muster/muster.hpp>

namespace {

int half(int n) {
  if (n % 2 != 0) throw std::domain_error("an odd number has no half here");
  return n / 2;
}

void report(int argument, const muster::Future<int>& future) {
  std::osyncstream out(std::cout);
  out << argument << ": ";
  if (future.cancelled()) {
    out << "canceled\n";
  } else if (future.exception()) {
    try {
      future.result();
    } catch (const std::exception& error) {
      out << "error returned: " << error.what() << '\n';
    }
  } else {
    out << "value returned: " << future.result() << '\n';
  }
}

}  // namespace

int main() {
  std::latch go(1);
  muster::ThreadPoolExecutor pool({.max_workers = 1});

  // Holds the only worker, so that what follows is certain to wait and can be cancelled.
  pool.submit([&go] { go.wait(); });

  for (int argument : {4, 5, 6}) {
    muster::Future<int> future = pool.submit(half, argument);
    future.add_done_callback(
        [argument](const muster::Future<int>& done) { report(argument, done); });
    if (argument == 6) future.cancel();
  }
  go.count_down();
}
