// expect: muster: the callable cannot be called with these arguments
// expect: each argument must convert to its parameter
#include <string>

#include <muster/process_pool.hpp>

int twice(int x) { return 2 * x; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(twice, std::string("two"));
}
