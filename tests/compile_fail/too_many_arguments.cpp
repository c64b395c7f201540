// expect: muster: the callable takes another number of arguments
#include <muster/process_pool.hpp>

int twice(int x) { return 2 * x; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(twice, 1, 2);
}
