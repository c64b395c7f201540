// Submits from an exit handler: to a pool that was shut down, or that is "alive".

#include <cstdio>
#include <cstdlib>
#include <string>

#include <muster/muster.hpp>

#include "support/init.hpp"

namespace {

muster::ProcessPoolExecutor* pool = nullptr;

void submit_late() {
  try {
    std::printf("%d\n", pool->submit([] { return 7; }).result());
  } catch (const muster::ShutdownError&) {
    std::printf("ShutdownError\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  test_support::init_as_told();
  const bool alive = argc > 1 && std::string(argv[1]) == "alive";
  pool = new muster::ProcessPoolExecutor({.max_workers = 1});
  std::atexit(submit_late);
  if (!alive) std::atexit([] { pool->shutdown(); });  // the last registered runs first
  pool->submit([] { std::printf("apple\n"); }).result();
  return 0;
}
