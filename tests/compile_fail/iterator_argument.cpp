// expect: muster: an iterator cannot travel
// expect: Send the values, or an index
#include <vector>

#include <muster/process_pool.hpp>

int get(std::vector<int>::iterator at) { return *at; }

int main() {
  muster::ProcessPoolExecutor pool;
  std::vector<int> values(3);
  pool.submit(get, values.begin());
}
