// expect: muster: only values aligned to 64 bytes at the most can be viewed in place
#include <vector>

#include <muster/process_pool.hpp>

struct alignas(128) Line {
  double values[16];
};
std::vector<Line> make() { return std::vector<Line>(3); }

int main() {
  muster::ProcessPoolExecutor pool;
  auto future = pool.submit(make);
  return static_cast<int>(future.view().size());
}
