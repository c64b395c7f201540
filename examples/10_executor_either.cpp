// The same function run by an Executor&, which may be threads or processes: the same results
// from the same code.
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <string_view>
#include <vector>

#include <muster/muster.hpp>

namespace {

std::uint64_t count_primes(std::uint64_t below) {
  std::uint64_t primes = 0;
  for (std::uint64_t n = 2; n < below; ++n) {
    bool prime = true;
    for (std::uint64_t d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    if (prime) ++primes;
  }
  return primes;
}

bool runs_in(pid_t process) { return getpid() == process; }

// Knows neither which pool it was given nor how many workers that has.
void run(std::string_view name, muster::Executor& pool) {
  std::cout << name << ": primes below 10, 1000, 100000:";
  const std::vector<std::uint64_t> bounds{10, 1000, 100000};
  for (std::uint64_t primes : pool.map(count_primes, bounds)) std::cout << ' ' << primes;

  const bool here = pool.submit(runs_in, getpid()).result();
  std::cout << "\n"
            << name << ": tasks run in " << (here ? "this process" : "another process")
            << std::endl;
}

}  // namespace

int main() {
  muster::ProcessPoolExecutor processes({.max_workers = 2});
  muster::ThreadPoolExecutor threads({.max_workers = 2});
  run("threads", threads);
  run("processes", processes);
}
