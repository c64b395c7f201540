// expect: muster: a std::atomic cannot travel
// expect: CannotTravel<std::atomic<int>
#include <atomic>
#include <memory>

#include <muster/process_pool.hpp>

void add(std::shared_ptr<std::atomic<int>>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(add, std::make_shared<std::atomic<int>>(1));
}
