// expect: muster: this_worker::local<T>(factory) calls factory() without arguments to make a T
#include <string>

#include <muster/this_task.hpp>

std::string& kept() {
  return muster::this_worker::local<std::string>([](int n) { return n; });
}
