// What a crash leaves behind.

#include <csignal>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::End;
using test_support::failure_of;

class Crash : public testing::TestWithParam<End> {};

INSTANTIATE_TEST_SUITE_P(WorkerDeath, Crash, testing::Values(End::segfault, End::aborted),
                         testing::PrintToStringParamName());

// Behaviours 144 and 1c.5.
TEST_P(Crash, LeavesABacktrace) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(test_support::end_worker, GetParam());
  EXPECT_FALSE(failure_of<muster::BrokenProcessPool>(future).backtrace().empty());
}

// Behaviours 144 and 1c.5.
TEST_P(Crash, LeavesABacktraceUnderReplace) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  auto future = pool.submit(test_support::end_worker, GetParam());
  EXPECT_FALSE(failure_of<muster::WorkerDiedError>(future).backtrace().empty());
}

// Deeper than any stack. What the calls hold keeps them from being turned into a loop.
int exhaust_stack(const volatile int* below) {
  volatile int here[512] = {};
  here[0] = *below + 1;
  return here[0] < 0 ? 0 : exhaust_stack(here) + here[0];
}

// Behaviour 144: the handler has a stack of its own.
TEST(CrashHandler, SurvivesAStackOverflow) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    const volatile int first = 0;
    return exhaust_stack(&first);
  });
  const auto error = failure_of<muster::BrokenProcessPool>(future);
  EXPECT_EQ(error.term_signal(), SIGSEGV);
  EXPECT_FALSE(error.backtrace().empty());
}

// Known to nobody but this file, so that no dynamic symbol tells its name.
[[gnu::noinline]] int read_from(const volatile int* place) { return *place + 1; }

// Behaviours 144 and 1c.5: the innermost frame is where it crashed, by name.
TEST(CrashHandler, NamesTheFunctionThatCrashed) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    const volatile int* nowhere = nullptr;
    return read_from(nowhere);
  });
  const auto error = failure_of<muster::BrokenProcessPool>(future);
  ASSERT_FALSE(error.backtrace().empty());
  EXPECT_NE(error.backtrace().front().find("read_from(int const volatile*)+0x"), std::string::npos)
      << error.backtrace().front();
}

// Behaviour 144: a death that no handler sees leaves none.
TEST(CrashHandler, KilledWorkerHasNoBacktrace) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(test_support::end_worker, End::killed);
  EXPECT_TRUE(failure_of<muster::BrokenProcessPool>(future).backtrace().empty());
}

}  // namespace
