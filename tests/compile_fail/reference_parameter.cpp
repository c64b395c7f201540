// expect: muster: a reference to non-const cannot travel to another process
// expect: return the new value
// expect: CannotTravel<int
#include <muster/process_pool.hpp>

void increment(int& x) { ++x; }

int main() {
  muster::ProcessPoolExecutor pool;
  int value = 1;
  pool.submit(increment, value);
}
