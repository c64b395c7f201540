// expect: muster: a raw pointer cannot travel
// expect: CannotTravel<int*
#include <vector>

#include <muster/process_pool.hpp>

int get(int* x) { return *x; }

int main() {
  muster::ProcessPoolExecutor pool;
  std::vector<int*> pointers;
  for (int x : pool.map(get, pointers)) static_cast<void>(x);
}
