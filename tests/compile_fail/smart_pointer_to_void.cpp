// expect: muster: a smart pointer to void cannot travel, nobody knows what it points to
// expect: CannotTravel<std::shared_ptr<void>
#include <memory>

#include <muster/process_pool.hpp>

void take(std::shared_ptr<void>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(take, std::make_shared<int>(1));
}
