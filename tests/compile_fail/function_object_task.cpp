// expect: muster: a std::function cannot be a task of a process pool
// expect: std::function<int
#include <functional>

#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(std::function<int()>([] { return 1; }));
}
