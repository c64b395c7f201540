// expect: muster: a view cannot travel except as a parameter of type std::span<const T>
// expect: CannotTravel<std::span<int
#include <span>
#include <vector>

#include <muster/process_pool.hpp>

void clear(std::span<int>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  std::vector<int> values(3);
  pool.submit(clear, values);
}
