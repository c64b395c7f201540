// expect: muster: a std::atomic cannot travel
// expect: CannotTravel<std::atomic_flag
#include <atomic>
#include <memory>

#include <muster/process_pool.hpp>

std::unique_ptr<std::atomic_flag> flag() { return std::make_unique<std::atomic_flag>(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(flag);
}
