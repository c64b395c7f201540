// expect: muster: nothing says how this type travels
// expect: CannotTravel<std::thread
#include <thread>

#include <muster/process_pool.hpp>

void join(std::thread thread) { thread.join(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(join, std::thread([] {}));
}
