#pragma once

#include "support/shared_memory_latch.hpp"

// Functions that call each other, compiled with debug information whatever the build is.
namespace stack_nest {

// Opens `started` and computes until `gate` is open. 3.
int outer(test_support::SharedGate started, test_support::SharedGate gate);

// Where outer() and middle() call.
extern const int kOuterLine;
extern const int kMiddleLine;

}  // namespace stack_nest
