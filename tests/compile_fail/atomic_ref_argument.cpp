// expect: muster: this type holds an address that means nothing in another process
// expect: CannotTravel<std::atomic_ref<int>
#include <atomic>

#include <muster/process_pool.hpp>

void add(std::atomic_ref<int> count) { ++count; }

int main() {
  muster::ProcessPoolExecutor pool;
  int count = 0;
  pool.submit(add, std::atomic_ref<int>(count));
}
