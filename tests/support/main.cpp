// The main of all test executables. MUSTER_START_METHOD in the environment says how the pools of
// their tests start that do not say it themselves (cmake/MusterTest.cmake).

#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

#include <muster/init.hpp>

int main(int argc, char** argv) {
  const char* const method = std::getenv("MUSTER_START_METHOD");
  if (method != nullptr && std::string_view(method) != "fork") muster::init();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
