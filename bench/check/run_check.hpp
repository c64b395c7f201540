#pragma once

#include <cstdlib>
#include <exception>

#include "bench/standard_streams.hpp"

namespace bench {

// For main(): the first check that does not hold throws, and is what the program says.
inline int run_check(void (*check)()) {
  try {
    check();
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    complain(error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace bench
