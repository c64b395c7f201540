// expect: muster: this_worker::local<T>() keeps an object: give its type without reference or const
#include <muster/this_task.hpp>

int& kept() {
  return muster::this_worker::local<int&>([]() -> int& { throw 0; });
}
