// The main of all test executables.

#include <gtest/gtest.h>

#include "support/init.hpp"

int main(int argc, char** argv) {
  test_support::init_as_told();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
