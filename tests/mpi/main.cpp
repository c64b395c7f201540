#include <gtest/gtest.h>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

// On ranks other than 0 init() does not return.
int main(int argc, char** argv) {
  muster::init();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
