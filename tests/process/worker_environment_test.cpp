// WorkerLimits::environment and no_new_privileges.

#include <sys/prctl.h>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

#ifdef MUSTER_HAS_OPENMP
extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int);
#endif

namespace {

using muster::ProcessPoolExecutor;
using test_support::limited;

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "(none)" : value;
}

TEST(Environment, IsThereBeforeTheInitializer) {
  auto options = limited({.environment = {{"MUSTER_TEST_A", "1"}, {"MUSTER_TEST_B", ""}}});
  options.initializer = [] { ::setenv("MUSTER_TEST_SEEN", variable("MUSTER_TEST_A").c_str(), 1); };
  ProcessPoolExecutor pool(options);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(pool.submit(variable, "MUSTER_TEST_SEEN").result(), "1");
    EXPECT_EQ(pool.submit(variable, "MUSTER_TEST_B").result(), "");
    test_support::replace_worker(pool);
  }
  EXPECT_EQ(variable("MUSTER_TEST_A"), "(none)");
}

TEST(Environment, OverridesTheProgramsOwn) {
  ::setenv("MUSTER_TEST_C", "client", 1);
  ProcessPoolExecutor pool(limited({.environment = {{"MUSTER_TEST_C", "worker"}}}));
  EXPECT_EQ(pool.submit(variable, "MUSTER_TEST_C").result(), "worker");
  EXPECT_EQ(variable("MUSTER_TEST_C"), "client");
}

#ifdef MUSTER_HAS_OPENMP

// It has read the variable when the program was loaded.
TEST(Environment, ReachesOpenMp) {
  ::omp_set_num_threads(5);
  ProcessPoolExecutor pool(limited({.environment = {{"OMP_NUM_THREADS", "3,2"}}}));
  EXPECT_EQ(pool.submit([] { return ::omp_get_max_threads(); }).result(), 3);
  EXPECT_EQ(::omp_get_max_threads(), 5);
}

#endif

TEST(NoNewPrivileges, AreGiven) {
  const auto flag = [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); };
  ProcessPoolExecutor without(limited({}));
  EXPECT_EQ(without.submit(flag).result(), flag());
  ProcessPoolExecutor pool(limited({.no_new_privileges = true}));
  EXPECT_EQ(pool.submit(flag).result(), 1);
  test_support::replace_worker(pool);
  EXPECT_EQ(pool.submit(flag).result(), 1);
}

}  // namespace
