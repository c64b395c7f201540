// Calls the task of a library that it is not linked with: with_tasks LIBRARY.
#include <exception>
#include <iostream>
#include <string>

#include "checks.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    muster::ProcessPoolExecutor pool({.max_workers = 1, .modules = {argv[1]}});
    const muster::NamedTask<std::string(const std::string&)> greeting("app.greeting");
    check(pool.submit(greeting, "world").result() == "Hello, world", "the library's task ran");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  std::cout << "muster-worker works.\n";
}
