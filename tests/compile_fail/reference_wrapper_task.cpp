// expect: muster: a std::reference_wrapper cannot be a task of a process pool
#include <functional>

#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  const auto task = [] {};
  pool.submit(std::cref(task));
}
