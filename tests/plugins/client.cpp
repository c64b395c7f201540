// A program that makes a pool of the modules that it is given, says that it does, and squares 7.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <muster/muster.hpp>

int main(int argc, char** argv) {
  try {
    std::puts("making the pool");
    std::fflush(stdout);
    muster::ProcessPoolExecutor pool(
        {.max_workers = 1, .modules = std::vector<std::string>(argv + 1, argv + argc)});
    const muster::NamedTask<int(int)> square("square");
    std::printf("%d\n", pool.submit(square, 7).result());
  } catch (const std::exception& error) {
    std::puts(error.what());
    return 1;
  }
}
