// expect: muster: a raw pointer cannot travel
// expect: CannotTravel<int*
#include <vector>

#include <muster/process_pool.hpp>

void take(std::vector<int*>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(take, std::vector<int*>());
}
