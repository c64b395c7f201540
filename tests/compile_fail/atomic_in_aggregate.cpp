// expect: muster: a std::atomic cannot travel
// expect: CannotTravel<Counter
#include <atomic>

#include <muster/process_pool.hpp>

struct Counter {
  int step;
  std::atomic<int> count;
};

void add(const Counter&) {}

int main() {
  muster::ProcessPoolExecutor pool;
  const Counter counter{1, {2}};
  pool.submit(add, counter);
}
