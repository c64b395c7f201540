// 400 tasks on 4 workers print a line each, some by printf and some by cout, after the client
// printed what it has not flushed when the workers are made.

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "support/init.hpp"

namespace {

void print_line(int number) {
  const std::string line = std::to_string(number) + " " + std::string(3000, 'x');
  if (number % 2 == 0) {
    std::printf("%s\n", line.c_str());
  } else {
    std::cout << line << '\n';
  }
}

}  // namespace

int main() {
  test_support::init_as_told();
  std::printf("before, by printf\n");
  std::cout << "before, by cout\n";
  {
    muster::ProcessPoolExecutor pool({.max_workers = 4, .max_tasks_per_child = 30});
    for (int i = 0; i < 400; ++i) pool.submit(print_line, i);
  }
  std::printf("after\n");
  return 0;
}
