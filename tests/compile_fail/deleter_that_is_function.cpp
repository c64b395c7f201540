// expect: muster: a std::unique_ptr cannot travel whose deleter is a pointer, a reference or a
// std::function
#include <functional>
#include <memory>

#include <muster/process_pool.hpp>

using Owner = std::unique_ptr<int, std::function<void(int*)>>;
Owner make() {
  return Owner(new int(3), [](int* value) { delete value; });
}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(make);
}
