// expect: muster: a raw pointer cannot travel to another process. Send the value
// expect: CannotTravel<int*
#include <muster/process_pool.hpp>

int twice(int* x) { return 2 * *x; }

int main() {
  muster::ProcessPoolExecutor pool;
  int value = 1;
  pool.submit(twice, &value);
}
