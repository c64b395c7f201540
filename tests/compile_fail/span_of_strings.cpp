// expect: muster: only values that are trivially copyable and hold no address can be viewed in
// place
#include <span>
#include <string>
#include <vector>

#include <muster/process_pool.hpp>

void join(std::span<const std::string>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(join, std::vector<std::string>(3));
}
