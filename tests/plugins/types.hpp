#pragma once

#include <stdexcept>
#include <string>

#include <muster/exception_registry.hpp>

namespace plugin_test {

// The libraries differ in what they take for a point.
struct Point {
  double x = 0;
  double y = 0;
#ifdef PLUGIN_TEST_DEEP_POINTS
  double z = 0;
#endif
};

class ParseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace plugin_test
