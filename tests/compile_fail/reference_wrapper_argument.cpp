// expect: muster: a std::reference_wrapper cannot travel
// expect: CannotTravel<std::reference_wrapper<int>
#include <functional>

#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  int value = 1;
  pool.submit([](auto x) { return x.get(); }, std::ref(value));
}
