// What can be an initializer: whatever could be a task without arguments.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::SharedCounter;
using test_support::SharedLog;

int set_by_initializer = 0;  // each process has its own

void set_to_seven() { set_by_initializer = 7; }
int what_was_set() { return set_by_initializer; }

// Behaviour 125.
TEST(InitializerOfProcesses, MayBeAFunction) {
  auto options = test_support::pool_options<muster::ProcessPoolExecutor>(1);
  options.initializer = &set_to_seven;
  muster::ProcessPoolExecutor pool(options);
  EXPECT_EQ(pool.submit(&what_was_set).result(), 7);
  EXPECT_EQ(set_by_initializer, 0);
}

// Behaviour 125.
TEST(InitializerOfProcesses, MayBeALambdaWhoseCapturesAreBytes) {
  int number = 9;
  const SharedCounter ran;
  auto options = test_support::pool_options<muster::ProcessPoolExecutor>(2);
  options.initializer = [number, ran] {
    set_by_initializer = number;
    ran.add();
  };
  muster::ProcessPoolExecutor pool(options);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pool.submit(&what_was_set).result(), 9);
  pool.shutdown();
  EXPECT_LE(ran.value(), 2);
  EXPECT_GE(ran.value(), 1);
  EXPECT_EQ(set_by_initializer, 0);
}

// A lambda whose captures own memory does not compile as an initializer of processes:
// tests/compile_fail.

// Behaviour 125.
TEST(InitializerOfThreads, MayBeAnyClosure) {
  const SharedLog ran;
  const std::vector<std::string> owned = {"captured", "by", "value"};
  auto options = test_support::pool_options<muster::ThreadPoolExecutor>(2);
  options.initializer = [ran, owned] { ran.add(static_cast<std::int64_t>(owned.size())); };
  muster::ThreadPoolExecutor pool(options);
  pool.submit([] {}).result();
  ran.wait_for_size(1);
  pool.shutdown();
  EXPECT_EQ(ran.distinct(), std::vector<std::int64_t>{3});
}

}  // namespace
