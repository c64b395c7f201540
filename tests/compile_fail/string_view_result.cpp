// expect: muster: a view cannot travel except as a parameter
// expect: CannotTravel<std::basic_string_view<char
#include <string_view>

#include <muster/process_pool.hpp>

std::string_view name() { return "name"; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(name);
}
