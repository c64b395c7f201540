// expect: muster: a std::unique_ptr cannot travel whose deleter is a pointer
#include <memory>

#include <muster/process_pool.hpp>

void dispose(int* value) { delete value; }
int get(std::unique_ptr<int, void (*)(int*)> value) { return *value; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(get, std::unique_ptr<int, void (*)(int*)>(new int(3), &dispose));
}
