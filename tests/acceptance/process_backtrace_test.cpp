// What a crash leaves behind.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
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

// Behind its last call another function begins: that of what it returns to is not where it is.
[[gnu::noinline]] int abort_at_last(int) { std::abort(); }
[[gnu::noinline]] int stand_behind_it(int number) { return number * 3 + 1; }

TEST(CrashHandler, NamesTheFunctionWhoseLastCallDoesNotReturn) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(stand_behind_it, 1).result(), 4);
  const auto error = failure_of<muster::BrokenProcessPool>(pool.submit(abort_at_last, 1));
  std::string frames;
  for (const std::string& line : error.backtrace()) frames += line + "\n";
  EXPECT_NE(frames.find("abort_at_last(int)+0x"), std::string::npos) << frames;
  EXPECT_EQ(frames.find("stand_behind_it"), std::string::npos) << frames;
}

std::string cause_of(const muster::Future<void>& future) {
  return failure_of<muster::BrokenProcessPool>(future).what();
}

// Behaviour 1c.5: a signal that was sent has a sender and no address.
TEST(CrashHandler, TellsWhoSentTheSignal) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const test_support::SharedGate started;
  auto future = pool.submit([started] {
    started.open();
    ::pause();
  });
  started.wait();
  ASSERT_EQ(::kill(pool.worker_pids().at(0), SIGSEGV), 0);
  const std::string cause = cause_of(future);
  EXPECT_NE(cause.find("SIGSEGV (sent by pid " + std::to_string(::getpid())), std::string::npos)
      << cause;
}

// Behaviour 1c.5.
TEST(CrashHandler, TellsThatTheWorkerSentTheSignalItself) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::string cause = cause_of(pool.submit([] { std::raise(SIGFPE); }));
  EXPECT_NE(cause.find("SIGFPE (sent by itself"), std::string::npos) << cause;
}

// Behaviour 1c.5.
TEST(CrashHandler, TellsTheAddressOfAFault) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::string cause = cause_of(pool.submit([] { test_support::write_nowhere(); }));
  EXPECT_NE(cause.find("SIGSEGV at address 0x0"), std::string::npos) << cause;
}

// Behaviour 1c.5: abort() needs no sender.
TEST(CrashHandler, TellsOfAbortNothingButTheSignal) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::string cause = cause_of(pool.submit([] { std::abort(); }));
  EXPECT_NE(cause.find("SIGABRT"), std::string::npos) << cause;
  EXPECT_EQ(cause.find("sent by"), std::string::npos) << cause;
}

// A task's own child ends by its own signal, and its worker goes on.
TEST(CrashHandler, IsNotForChildrenOfTasks) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto status_of_child = [](bool aborts) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (aborts) std::abort();
      ::kill(::getpid(), SIGFPE);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  };
  const int aborted = pool.submit(status_of_child, true).result();
  EXPECT_TRUE(WIFSIGNALED(aborted));
  EXPECT_EQ(WTERMSIG(aborted), SIGABRT);
  const int killed = pool.submit(status_of_child, false).result();
  EXPECT_TRUE(WIFSIGNALED(killed));
  EXPECT_EQ(WTERMSIG(killed), SIGFPE);
}

// Behaviour 144: a death that no handler sees leaves none.
TEST(CrashHandler, KilledWorkerHasNoBacktrace) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(test_support::end_worker, End::killed);
  EXPECT_TRUE(failure_of<muster::BrokenProcessPool>(future).backtrace().empty());
}

}  // namespace
