// expect: muster: only values aligned to 64 bytes at the most can be viewed in place
#include <span>
#include <vector>

#include <muster/process_pool.hpp>

struct alignas(128) Line {
  double values[16];
};
void join(std::span<const Line>) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(join, std::vector<Line>(3));
}
