// WorkerLimits::cpu_seconds.

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::limited;

std::atomic<unsigned> computed{0};
void compute_for_ever() {
  while (true) computed.fetch_add(1, std::memory_order_relaxed);
}

// Seconds of CPU time may be minutes on a machine that is busy: that is progress.
template <class T>
muster::Future<T> ended(muster::Future<T> future) {
  while (!future.done()) {
    try {
      future.exception(std::chrono::seconds(1));
    } catch (const muster::TimeoutError&) {
      test_support::Watchdog::progress();
    }
  }
  return future;
}

rlim_t cpu_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_CPU, &limit);
  return limit.rlim_cur;
}

TEST(CpuSeconds, EndATaskThatComputesOnWithSigxcpu) {
  ProcessPoolExecutor pool(limited({.cpu_seconds = 1}));
  const auto error = failure_of<muster::WorkerDiedError>(
      ended(pool.submit({.name = "endless"}, compute_for_ever)));
  EXPECT_EQ(error.term_signal(), SIGXCPU);
  const std::string text = error.what();
  EXPECT_NE(text.find("SIGXCPU"), std::string::npos) << text;
  EXPECT_NE(text.find("\"endless\""), std::string::npos) << text;
  EXPECT_FALSE(error.backtrace().empty());
  // And the next one has its own.
  EXPECT_EQ(pool.submit(cpu_limit).result(), 1U);
}

TEST(CpuSeconds, BreakThePoolThatDoesNotReplace) {
  ProcessPoolExecutor pool({.max_workers = 1, .limits = {.cpu_seconds = 1}});
  const auto error = failure_of<muster::BrokenProcessPool>(ended(pool.submit(compute_for_ever)));
  EXPECT_NE(std::string(error.what()).find("SIGXCPU"), std::string::npos) << error.what();
}

TEST(CpuSeconds, EndWithSigkillATaskThatIgnoresTheSignal) {
  ProcessPoolExecutor pool(limited({.cpu_seconds = 1}));
  const auto error = failure_of<muster::WorkerDiedError>(ended(pool.submit([] {
    ::signal(SIGXCPU, SIG_IGN);
    compute_for_ever();
  })));
  EXPECT_EQ(error.term_signal(), SIGKILL);
}

TEST(CpuSeconds, AreNotThoseOfSleep) {
  ProcessPoolExecutor pool(limited({.cpu_seconds = 1}));
  EXPECT_EQ(pool.submit([] {
                  ::usleep(1'500'000);
                  return 7;
                })
                .result(),
            7);
}

}  // namespace
