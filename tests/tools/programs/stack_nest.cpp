#include "stack_nest.hpp"

namespace stack_nest {

__attribute__((noinline)) int inner(test_support::SharedGate started,
                                    test_support::SharedGate gate) {
  int result = 1;
  started.open();
  while (!gate.is_open()) {
    for (int i = 0; i < 1000; ++i) asm volatile("" : "+r"(result));
  }
  return result;
}

const int kMiddleLine = __LINE__ + 3;
__attribute__((noinline)) int middle(test_support::SharedGate started,
                                     test_support::SharedGate gate) {
  return inner(started, gate) + 1;
}

const int kOuterLine = __LINE__ + 2;
int outer(test_support::SharedGate started, test_support::SharedGate gate) {
  return middle(started, gate) + 1;
}

}  // namespace stack_nest
