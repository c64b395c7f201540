// expect: muster: a std::function cannot travel
// expect: CannotTravel<std::function<int
#include <functional>

#include <muster/process_pool.hpp>

int call(const std::function<int()>& f) { return f(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(call, [] { return 1; });
}
