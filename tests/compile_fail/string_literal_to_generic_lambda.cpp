// expect: muster: a raw pointer cannot travel to another process. Send the value it points to, or a
// std::vector or std::string expect: CannotTravel<const char*
#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit([](auto text) { return text; }, "a literal");
}
