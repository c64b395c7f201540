// expect: muster: the callable cannot be called with these arguments
// expect: what cannot be copied must be moved in
#include <memory>

#include <muster/process_pool.hpp>

int get(std::unique_ptr<int> value) { return *value; }

int main() {
  muster::ProcessPoolExecutor pool;
  auto value = std::make_unique<int>(1);
  pool.submit(get, value);
}
