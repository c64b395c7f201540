// expect: muster: a raw pointer cannot travel
// expect: CannotTravel<void*
#include <muster/process_pool.hpp>

void touch(void*) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(touch, nullptr);
}
