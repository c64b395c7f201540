#pragma once

#include <cstdlib>
#include <string_view>

#include <muster/init.hpp>

namespace test_support {

// Calls muster::init() where MUSTER_START_METHOD in the environment wants it: else tests are to see
// what a program is like that does not.
inline void init_as_told() {
  const char* const method = std::getenv("MUSTER_START_METHOD");
  if (method != nullptr && std::string_view(method) != "fork") muster::init();
}

}  // namespace test_support
