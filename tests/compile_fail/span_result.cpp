// expect: muster: a view cannot travel except as a parameter
// expect: Send or return what owns the values
#include <span>
#include <vector>

#include <muster/process_pool.hpp>

std::span<const int> half(std::span<const int> values) { return values.first(values.size() / 2); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(half, std::vector<int>(4));
}
