// expect: muster: a smart pointer to an array cannot travel, its length is not known
#include <memory>

#include <muster/process_pool.hpp>

int get(std::unique_ptr<int[]> values) { return values[0]; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(get, std::make_unique<int[]>(3));
}
