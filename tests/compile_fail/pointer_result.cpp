// expect: muster: a raw pointer cannot travel
// expect: CannotTravel<int*
#include <muster/process_pool.hpp>

int* make() { return new int(1); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(make);
}
